/** Exports something, but no backend. */
export const kernel = () => 42;
