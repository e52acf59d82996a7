import { naive } from './naive.mjs';

/** A correct kernel whose name would like to be markup. */
export const openBackend = naive(
  `<script>document.title='owned'</script>"'><img src=x onerror=alert(1)>\u202e__proto__`,
);
