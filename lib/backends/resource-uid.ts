/** Is this the iCalendar object of that UID (RFC 5545 section 3.8.4.7)? */
export function hasUid(text: string, uid: string): boolean {
  const unfolded = text.replace(/\r?\n[ \t]/g, '');
  return (
    unfolded.includes(uid) && [...unfolded.matchAll(/^UID(?:;[^:\r\n]*)?:(.*?)\r?$/gim)].some((it) => it[1] === uid)
  );
}
