import { join } from 'node:path';
import { contents, unpack } from './unpack.ts';

/** Where the parts of the unpacked Chromium are; all are absolute paths. */
export interface UnpackedChromium {
  readonly directory: string;
  readonly executablePath: string;
  /** Folder of the shared libraries that a bare machine lacks; for LD_LIBRARY_PATH. */
  readonly libraryPath: string;
  /** The description of the SwiftShader driver; for VK_ICD_FILENAMES. */
  readonly vulkanIcd: string;
  /** Configuration of the fonts that come with it; for FONTCONFIG_FILE. */
  readonly fontsConf: string;
}

/**
 * The Chromium, the software Vulkan driver, the libraries and the fonts of the npm package `@sparticuz/chromium`, unpacked once
 * into `node_modules/.cache/chromium/<version>`. Safe to call from several processes at a time.
 *
 * @throws {Error} when this is not Linux on x64, the package is absent, or no folder can be written
 */
export async function unpackChromium(): Promise<UnpackedChromium> {
  const directory = await unpack();
  return {
    directory,
    executablePath: join(directory, contents.executable),
    libraryPath: join(directory, contents.libraries),
    vulkanIcd: join(directory, contents.vulkanIcd),
    fontsConf: join(directory, contents.fontsConf),
  };
}

/** What `chromium.launch` of playwright-core takes; plain data. */
export interface ChromiumLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** Set for another Vulkan driver than the one that comes with this Chromium, they would keep it from starting its own. */
const notInherited = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];

/**
 * How to launch that Chromium headless, with WebGPU on SwiftShader, on a machine that has none of its libraries or fonts:
 * `chromium.launch(await chromiumLaunch())`.
 *
 * @throws {Error} as `unpackChromium` does
 */
export async function chromiumLaunch(): Promise<ChromiumLaunch> {
  const { executablePath, libraryPath, fontsConf } = await unpackChromium();
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !notInherited.includes(entry[0]),
  );
  const libraries = [libraryPath, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  return {
    executablePath,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
    env: { ...Object.fromEntries(inherited), LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: fontsConf },
  };
}
