/** Bits of GPUBufferUsage, which Node has no global for. https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage */
export const usage = {
  mapRead: 1,
  copySource: 4,
  copyTarget: 8,
  uniform: 64,
  storage: 128,
  queryResolve: 512,
} as const;

/** The bit of GPUMapMode for reading. https://www.w3.org/TR/webgpu/#namespacedef-gpumapmode */
export const mapRead = 1;
