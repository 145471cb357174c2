/** Which messages are protected, told by their MIME structure alone: those travel as MIME, untouched. */
import type { Part } from '../../backends/index.ts';
import { partName } from './body-structure.ts';

/** `signed`: readable, with an S/MIME signature beside; `opaque`: one S/MIME blob; `pgp`: encrypted by other means. */
export type Protection = 'none' | 'signed' | 'opaque' | 'receipt' | 'pgp';

const PKCS7 = /^application\/(?:x-)?pkcs7-mime$/;

export function protectionOf(root: Part): Protection {
  if (root.type === 'multipart/signed') {
    const protocol = root.parameters['protocol']?.toLowerCase() ?? '';
    const signature = root.parts[1]?.type ?? '';
    return /pkcs7-signature/.test(protocol) || /pkcs7-signature/.test(signature) ? 'signed' : 'none';
  }
  if (root.type === 'multipart/encrypted') return 'pgp';
  if (PKCS7.test(root.type)) {
    return root.parameters['smime-type']?.toLowerCase() === 'signed-receipt' ? 'receipt' : 'opaque';
  }
  const name = root.type === 'application/octet-stream' ? partName(root)?.toLowerCase() : undefined;
  return name?.endsWith('.p7m') ? 'opaque' : 'none';
}
