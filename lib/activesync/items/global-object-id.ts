/** GlobalObjId (MS-ASEMAIL 2.2.2.37): a meeting's id as Outlook has it, made of its iCalendar UID. */

const CLASS_ID = Buffer.from('040000008200e00074c5b7101a82e008', 'hex');
const VCAL_MARK = Buffer.concat([Buffer.from('vCal-Uid', 'latin1'), Buffer.from([1, 0, 0, 0])]);
const INSTANCE_DATE_AT = 16;
const NOW_AND_RESERVED_BYTES = 16;
const UID_LIMIT_BYTES = 1_024;

/** Base64. `instance` is the day of the exception that the meeting is, in the organizer's zone. */
export function globalObjectId(
  uid: string,
  instance: { year: number; month: number; day: number } | undefined,
): string {
  const own = outlookId(uid) ?? vcalId(uid);
  const id = Buffer.from(own);
  // The date is the first four bytes behind the class id; a series has none.
  id.fill(0, INSTANCE_DATE_AT, INSTANCE_DATE_AT + 4);
  if (instance) {
    id.writeUInt16BE(instance.year, INSTANCE_DATE_AT);
    id[INSTANCE_DATE_AT + 2] = instance.month;
    id[INSTANCE_DATE_AT + 3] = instance.day;
  }
  return id.toString('base64');
}

/** A UID that Outlook made is the id itself in hexadecimal. */
function outlookId(uid: string): Buffer | undefined {
  if (!/^(?:[0-9a-f]{2}){41,2048}$/i.test(uid)) return undefined;
  const bytes = Buffer.from(uid, 'hex');
  return bytes.subarray(0, CLASS_ID.length).equals(CLASS_ID) ? bytes : undefined;
}

function vcalId(uid: string): Buffer {
  const data = Buffer.concat([VCAL_MARK, Buffer.from(uid).subarray(0, UID_LIMIT_BYTES), Buffer.alloc(1)]);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(data.length);
  return Buffer.concat([CLASS_ID, Buffer.alloc(4 + NOW_AND_RESERVED_BYTES), count, data]);
}
