import { describe, expect, it } from 'vitest';
import { FILTER_DAYS, readEmailOptions } from '../../../lib/activesync/items/index.ts';
import { child, MalformedValue, type ProtocolVersion } from '../../../lib/activesync/protocol/index.ts';
import { parse } from '../../support/transcript.ts';

const options = (inside: string, version: ProtocolVersion = '16.1') =>
  readEmailOptions(child(parse(`<Sync><Options>${inside}</Options></Sync>`), 'AirSync:Options'), version);
const body = (inside: string) => `<airsyncbase:BodyPreference>${inside}</airsyncbase:BodyPreference>`;
const type = (value: number | string) => `<airsyncbase:Type>${value}</airsyncbase:Type>`;

it('nothing said', () => {
  const defaults = { version: '14.1', mimeSupport: 0, mimeTruncation: undefined, bodies: [], bodyParts: [] };
  expect(readEmailOptions(undefined, '14.1')).toEqual(defaults);
  expect(options('', '14.1')).toEqual(defaults);
});

it('all said, in any order, with strangers in between', () => {
  const text = `${body(`<airsyncbase:AllOrNone>1</airsyncbase:AllOrNone><airsyncbase:Preview>100</airsyncbase:Preview><airsyncbase:TruncationSize>4294967295</airsyncbase:TruncationSize>${type(2)}`)}
    <MIMETruncation>3</MIMETruncation><rightsmanagement:RightsManagementSupport>1</rightsmanagement:RightsManagementSupport>
    ${body(type(1))}<MIMESupport>1</MIMESupport><FilterType>2</FilterType><Class>Email</Class>
    <airsyncbase:BodyPartPreference>${type(2)}<airsyncbase:TruncationSize>500</airsyncbase:TruncationSize></airsyncbase:BodyPartPreference>`;
  expect(options(text)).toEqual({
    version: '16.1',
    mimeSupport: 1,
    mimeTruncation: 7_168,
    bodies: [
      { type: 2, truncationSize: 4_294_967_295, allOrNone: true, preview: 100 },
      { type: 1, truncationSize: undefined, allOrNone: false, preview: undefined },
    ],
    bodyParts: [{ type: 2, truncationSize: 500, allOrNone: false, preview: undefined }],
  });
});

it('survives being kept as JSON', () => {
  const read = options(`${body(type(1))}<MIMESupport>2</MIMESupport>`);
  expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(read)));
  expect({ ...readEmailOptions(undefined, '16.1'), ...(JSON.parse(JSON.stringify(read)) as object) }).toEqual(read);
});

it('previews are of 14.0, BodyPartPreference of 14.1', () => {
  const text = `${body(`${type(2)}<airsyncbase:Preview>9</airsyncbase:Preview>`)}<airsyncbase:BodyPartPreference>${type(2)}</airsyncbase:BodyPartPreference>`;
  expect(options(text, '12.1')).toMatchObject({ bodies: [{ preview: undefined }], bodyParts: [] });
  expect(options(text, '14.0')).toMatchObject({ bodies: [{ preview: 9 }], bodyParts: [] });
  expect(options(text, '14.1').bodyParts).toHaveLength(1);
});

describe('refused', () => {
  it.each([
    body(''),
    body(type(5)),
    body(type(0)),
    body(type('html')),
    body(`${type(1)}${type(2)}`),
    body(`${type(1)}<airsyncbase:AllOrNone>maybe</airsyncbase:AllOrNone>`),
    body(`${type(1)}<airsyncbase:AllOrNone>1</airsyncbase:AllOrNone><airsyncbase:AllOrNone>1</airsyncbase:AllOrNone>`),
    body(`${type(1)}<airsyncbase:TruncationSize>-1</airsyncbase:TruncationSize>`),
    body(`${type(1)}<airsyncbase:TruncationSize>4294967296</airsyncbase:TruncationSize>`),
    body(`${type(1)}<airsyncbase:Preview>256</airsyncbase:Preview>`),
    body(type(1)) + body(type(1)),
    '<MIMESupport>3</MIMESupport>',
    '<MIMETruncation>9</MIMETruncation>',
    '<MIMETruncation>-1</MIMETruncation>',
    `<airsyncbase:BodyPartPreference>${type(7)}</airsyncbase:BodyPartPreference>`,
  ])('%s', (inside) => {
    expect(() => options(inside)).toThrow(MalformedValue);
  });
});

it('FilterType in days; others are of other classes', () => {
  expect([0, 1, 2, 3, 4, 5].map((it) => FILTER_DAYS[it])).toEqual([undefined, 1, 3, 7, 14, 30]);
  expect(Object.keys(FILTER_DAYS)).toHaveLength(6);
});
