/** Programs on this machine write messages with LF; mail as everybody else sees it has CRLF (RFC 5321 section 2.3.8). */

const LF = 10;
const CR = 13;

/** The message with every line break CRLF: itself where it is so already. */
export function withCrlf(raw: Buffer): Buffer {
  let bare = 0;
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) if (raw[at - 1] !== CR) bare++;
  if (bare === 0) return raw;
  const whole = Buffer.allocUnsafe(raw.length + bare);
  let from = 0;
  let to = 0;
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) {
    if (raw[at - 1] === CR) continue;
    to += raw.copy(whole, to, from, at);
    whole[to++] = CR;
    from = at;
  }
  raw.copy(whole, to, from);
  return whole;
}
