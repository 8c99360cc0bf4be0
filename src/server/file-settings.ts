import type { FileAccessRules } from '../access/file-rules.ts';
import type { FileRules } from '../files/file-rules.ts';
import type { GatewaySettings } from './settings.ts';

/** The settings that say who may up- and download, as access/ wants them. */
export function fileAccessOf(settings: GatewaySettings): FileAccessRules {
  return { upload: settings.fileUpload.users, download: settings.fileDownload };
}

/** The settings that say what may be uploaded, as files/ wants them. */
export function fileRulesOf(settings: GatewaySettings): FileRules {
  return {
    maxBytes: settings.maxUploadSize,
    preserveFileName: settings.preserveFileName,
    extensions: settings.fileUpload.extensions,
  };
}

/**
 * Where files are served: at the root, where Parse Server usually is, and where the addresses of files say.
 * `https://example.com/api/1` → `/api/1`.
 */
export function fileMountsOf({ publicServerURL, serverURL }: GatewaySettings): readonly string[] {
  const named = [publicServerURL, serverURL].filter((url) => url !== undefined);
  const paths = named.map((url) => new URL(url).pathname.replace(/\/+$/, ''));
  return [...new Set(['', '/parse', ...paths])];
}
