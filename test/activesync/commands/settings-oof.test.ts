// Settings/Oof (MS-ASCMD 2.2.3.122) where the mail system keeps out-of-office replies.
import { describe, expect, it } from 'vitest';
import { type AutoReply, BackendError, type Mailbox } from '../../../lib/backends/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';

class Office {
  kept: AutoReply;
  failure: BackendError | undefined;
  readonly #device: TestDevice;

  constructor(kept: AutoReply = { state: 'off' }) {
    this.kept = kept;
    const { user } = fakeUser();
    const mailbox: Mailbox = {
      ...user.mailbox,
      capabilities: { ...user.mailbox.capabilities, canAutoReply: true },
      autoReply: async () => {
        if (this.failure) throw this.failure;
        return this.kept;
      },
      setAutoReply: async (reply) => void (this.kept = reply),
    };
    this.#device = new TestDevice({ ...user, mailbox });
  }

  async oof(inside: string): Promise<string> {
    const { xml } = await this.#device.post('Settings', `<Settings><Oof>${inside}</Oof></Settings>`);
    return xml.replace(/^<Settings><Status>1<\/Status>|<\/Settings>$/g, '');
  }
}

const START = '2026-12-20T00:00:00.000Z';
const END = '2027-01-02T00:00:00.000Z';
const GET = '<Get><BodyType>Text</BodyType></Get>';
const DONE = '<Oof><Status>1</Status></Oof>';
const message = (audience: string, enabled: number, reply: string, type: string) =>
  `<OofMessage><${audience}/><Enabled>${enabled}</Enabled>${reply === '' ? '' : `<ReplyMessage>${reply}</ReplyMessage>`}<BodyType>${type}</BodyType></OofMessage>`;

describe('Settings/Oof', () => {
  it('MS-ASCMD_R481, MS-ASCMD_R4382, MS-ASCMD_R2755, MS-ASCMD_R1991, MS-ASCMD_R1992, MS-ASCMD_R1993, MS-ASCMD_R1994, MS-ASCMD_R1747, MS-ASCMD_R1748, MS-ASCMD_R1749, MS-ASCMD_R1750, MS-ASCMD_R1999, MS-ASCMD_R2000, MS-ASCMD_R2001, MS-ASCMD_R2002, MS-ASCMD_R2007, MS-ASCMD_R2008, MS-ASCMD_R2009, MS-ASCMD_R2010, MS-ASCMD_R1075, MS-ASCMD_R1076, MS-ASCMD_R1077, MS-ASCMD_R1078, MS-ASCMD_R1067, MS-ASCMD_R1068, MS-ASCMD_R1069, MS-ASCMD_R1070, MS-ASCMD_R1071, MS-ASCMD_R1072, MS-ASCMD_R1073, MS-ASCMD_R1074, MS-ASCMD_R1607, MS-ASCMD_R1608, MS-ASCMD_R1609, MS-ASCMD_R1610, MS-ASCMD_R2252, MS-ASCMD_R781, MS-ASCMD_R791, MS-ASCMD_R800: Get of what was never set is off, with a message each for the three audiences', async () => {
    expect(await new Office().oof(GET)).toBe(
      '<Oof><Status>1</Status><Get><OofState>0</OofState>' +
        message('AppliesToInternal', 0, '', 'TEXT') +
        message('AppliesToExternalKnown', 0, '', 'TEXT') +
        message('AppliesToExternalUnknown', 0, '', 'TEXT') +
        '</Get></Oof>',
    );
  });

  it('MS-ASCMD_R2251, MS-ASCMD_R1623, MS-ASCMD_R1624, MS-ASCMD_R1625, MS-ASCMD_R1626, MS-ASCMD_R2687, MS-ASCMD_R2688, MS-ASCMD_R2689, MS-ASCMD_R2690, MS-ASCMD_R2451, MS-ASCMD_R2452, MS-ASCMD_R2453, MS-ASCMD_R2454, MS-ASCMD_R1103, MS-ASCMD_R1104, MS-ASCMD_R1105, MS-ASCMD_R1106, MS-ASCMD_R826, MS-ASCMD_R783, MS-ASCMD_R785, MS-ASCMD_R786, MS-ASCMD_R787, MS-ASCMD_R793, MS-ASCMD_R794, MS-ASCMD_R795, MS-ASCMD_R796, MS-ASCMD_R802, MS-ASCMD_R803, MS-ASCMD_R804, MS-ASCMD_R805, MS-ASCMD_R5866, MS-ASCMD_R5867: what was set is got', async () => {
    const office = new Office();
    const messages =
      message('AppliesToInternal', 1, 'Dear colleague', 'TEXT') +
      message('AppliesToExternalKnown', 0, 'Dear friend', 'TEXT') +
      message('AppliesToExternalUnknown', 1, 'Dear stranger', 'TEXT');
    const all = `<OofState>2</OofState><StartTime>${START}</StartTime><EndTime>${END}</EndTime>${messages}`;
    expect(await office.oof(`<Set>${all}</Set>`)).toBe(DONE);
    expect(office.kept).toEqual({
      state: 'scheduled',
      startMs: Date.parse(START),
      endMs: Date.parse(END),
      internal: { isEnabled: true, text: 'Dear colleague', isHtml: false },
      externalKnown: { isEnabled: false, text: 'Dear friend', isHtml: false },
      external: { isEnabled: true, text: 'Dear stranger', isHtml: false },
    });
    expect(await office.oof(GET)).toBe(`<Oof><Status>1</Status><Get>${all}</Get></Oof>`);
  });

  it('MS-ASCMD_R821: a message comes as the type that is asked for', async () => {
    const office = new Office({
      state: 'on',
      internal: { isEnabled: true, text: '<p>Away &amp; <b>gone</b></p>', isHtml: true },
      external: { isEnabled: true, text: 'a < b', isHtml: false },
    });
    expect(await office.oof(GET)).toContain('<ReplyMessage>Away &#38; gone</ReplyMessage><BodyType>TEXT</BodyType>');
    const html = await office.oof('<Get><BodyType>HTML</BodyType></Get>');
    expect(html).toContain(
      '<ReplyMessage>&#60;p&#62;Away &#38;amp; &#60;b&#62;gone&#60;/b&#62;&#60;/p&#62;</ReplyMessage><BodyType>HTML</BodyType>',
    );
    expect(html).toContain('a &#38;lt; b');
  });

  it('MS-ASCMD_R3535: times beside another state are taken', async () => {
    const office = new Office();
    const times = `<StartTime>${START}</StartTime><EndTime>${END}</EndTime>`;
    expect(await office.oof(`<Set><OofState>1</OofState>${times}</Set>`)).toBe(DONE);
    expect(office.kept).toEqual({ state: 'on', startMs: Date.parse(START), endMs: Date.parse(END) });
  });

  it('what is not set stays as it was, a message without a text too', async () => {
    const internal = { isEnabled: true, text: 'Away', isHtml: true };
    const office = new Office({ state: 'on', internal, external: { isEnabled: true, text: 'Out', isHtml: false } });
    await office.oof('<Set><OofState>0</OofState></Set>');
    expect(office.kept).toMatchObject({ state: 'off', internal });
    await office.oof('<Set><OofMessage><AppliesToInternal/><Enabled>0</Enabled></OofMessage></Set>');
    expect(office.kept).toMatchObject({ state: 'off', internal: { ...internal, isEnabled: false } });
    expect(office.kept.external?.text).toBe('Out');
  });

  it('a schedule whose times nobody ever gave is an invalid argument', async () => {
    const office = new Office();
    expect(await office.oof('<Set><OofState>2</OofState></Set>')).toBe('<Oof><Status>5</Status></Oof>');
    expect(office.kept).toEqual({ state: 'off' });
  });

  it('a mail system that turns out not to keep any, or is away, is 4', async () => {
    const office = new Office();
    office.failure = new BackendError('unsupported', 'no vacation');
    expect(await office.oof(GET)).toBe('<Oof><Status>4</Status></Oof>');
    office.failure = new BackendError('unavailable', 'down');
    expect(await office.oof(GET)).toBe('<Settings><Status>4</Status>');
  });
});
