/** A machine that lacks what the backend needs. */
export const openBackend = () => {
  const error = new Error('unavailable: there is no tensor unit in this machine');
  error.name = 'BackendUnavailableError';
  error.reason = 'there is no tensor unit in this machine';
  throw error;
};
