import type { Device } from '@normgauge/contract';

/** An adapter and where it came from. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** What is worth telling about the way to it, for the report: program, version, flags. */
  readonly details: Readonly<Record<string, string>>;
}

/**
 * A way to an adapter: Node's or the browser's. Called again when a device was lost.
 * @throws {BackendUnavailableError} when there is none, with the reason
 */
export type FindAdapter = () => Promise<FoundAdapter>;

/** Words by which the drivers that compute on the CPU call themselves. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bWARP\b/i;

const described = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  [vendor, architecture, device, description].join(' ');

/** Whether the adapter computes on the CPU. */
export function isSoftware({ info }: GPUAdapter): boolean {
  return info.isFallbackAdapter || softwareNames.test(described(info));
}

/** Dawn's null backend accepts everything and computes nothing. */
export function computesNothing({ info }: GPUAdapter): boolean {
  return /null-backend|null backend/i.test(described(info));
}

const limitsTold = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/** What the report says about an adapter. */
export function deviceOf({ adapter, details }: FoundAdapter): Device {
  const { info, limits, features } = adapter;
  // Dawn writes a driver's name with dashes for what is no letter or digit
  const name =
    info.device.replace(/-+$/, '') || info.description || `${info.vendor} ${info.architecture}`.trim() || 'unnamed GPU';
  const told: Readonly<Record<string, string>> = {
    vendor: info.vendor,
    architecture: info.architecture,
    driver: info.description,
    subgroups: features.has('subgroups') ? `${info.subgroupMinSize} to ${info.subgroupMaxSize} threads` : 'none',
    features: [...features].sort().join(' '),
    ...Object.fromEntries(limitsTold.map((limit) => [limit, `${limits[limit]}`])),
    ...details,
  };
  return {
    kind: 'gpu',
    name,
    software: isSoftware(adapter),
    details: Object.fromEntries(Object.entries(told).filter(([, value]) => value !== '')),
  };
}
