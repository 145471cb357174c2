/** Subjects without the prefixes that answers and forwardings put in front, in the languages of mail programs. */

const PREFIX =
  /^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|fwd?|aw|wg|antw|betr|doorst|sv|vs|vb|vl|odp|pd|res|rif|rv|enc|tr|ynt|ilt|atb|továbbítás|отв|переслано|回复|回覆|答复|转发|轉寄|返信|転送)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]\s*/iu;
const PREFIXES_LIMIT = 20;

export function baseSubject(subject: string): string {
  let text = subject;
  for (let removed = 0; removed < PREFIXES_LIMIT; removed++) {
    const shorter = text.replace(PREFIX, '');
    if (shorter === text) break;
    text = shorter;
  }
  return text.trim();
}
