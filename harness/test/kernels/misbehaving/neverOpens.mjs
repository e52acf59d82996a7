/** A backend that is never open. */
export const openBackend = () => new Promise(() => {});
