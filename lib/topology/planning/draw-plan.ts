/** A plan as a picture: sites at the left, places with their servers in the middle, mail systems at the right. SVG, with words that fit. */
import { titleOf } from './alternatives.ts';
import type { PlacePlan } from './candidate.ts';
import { Drawing, LINE } from './drawing.ts';
import { deviceRoundTrip, MAIL_WARNING_MS, mailRoundTrip } from './latency.ts';
import type { MailSystemNeed, SiteNeed } from './needs.ts';
import { counted, number, percent, usd } from './numbers.ts';
import type { Plan } from './plan.ts';

const MARGIN = 24;
const GAP = 28;
const SITE = { width: 240, height: 58 };
const MAIL = { width: 240, height: 58 };
/** Between columns: room for the round trips on the lines. */
const LANE = 120;
const SERVER = { width: 46, height: 26, gap: 8 };
/** More of a zone's servers are told as a number. */
const MOST_DRAWN = 4;
const ZONE = { width: 132, gap: 10 };
const TITLE_HEIGHT = 64;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function drawPlan(plan: Plan): string {
  const { places, kind } = plan;
  const drawing = new Drawing();
  const left = MARGIN + SITE.width + LANE;
  const zones = Math.max(...places.map((place) => place.zones.length));
  const placeWidth = 2 * ZONE.gap + zones * (ZONE.width + ZONE.gap) - ZONE.gap + 4;
  const right = left + placeWidth + LANE;
  drawing.text(MARGIN, MARGIN + 20, `${titleOf({ ...plan, missed: [] })}, for ${told(plan)}`, 'title');
  drawing.text(
    MARGIN,
    MARGIN + 42,
    `${usd(plan.usdPerMonth)} a month, ${percent(plan.availability)} available`,
    'small',
  );
  let y = MARGIN + TITLE_HEIGHT;
  const placeBoxes = new Map<PlacePlan, Box>();
  for (const place of places) {
    const sitesHeight = place.sites.length * (SITE.height + 12) - 12;
    const height = Math.max(placeHeight(place, kind === 'pool'), sitesHeight);
    const box = { x: left, y, width: placeWidth, height: placeHeight(place, kind === 'pool') };
    placeBoxes.set(place, box);
    drawPlace(drawing, place, box, kind === 'pool');
    for (const [index, site] of place.sites.entries()) {
      const siteBox = { x: MARGIN, y: y + index * (SITE.height + 12), ...SITE };
      drawSite(drawing, site, siteBox, plan);
      drawing.arrow(
        siteBox.x + SITE.width,
        middle(siteBox),
        box.x,
        sprayerMiddle(box),
        `${number(deviceRoundTrip(site, place.region))} ms`,
      );
    }
    y += height + GAP;
  }
  drawMailSystems(drawing, placeBoxes, right);
  return drawing.svg(right + MAIL.width + MARGIN, y - GAP + MARGIN, titleOf({ ...plan, missed: [] }));
}

const told = ({ places }: Plan): string => {
  const sum = (of: 'users' | 'devices') => places.reduce((all, { now }) => all + now[of], 0);
  return `${counted(sum('users'), 'user')} with ${counted(sum('devices'), 'device')}`;
};

const middle = ({ y, height }: Box): number => y + height / 2;
const sprayerMiddle = ({ y }: Box): number => y + 2 * LINE + 22;

function drawSite(drawing: Drawing, { name, users }: SiteNeed, box: Box, { needs }: Plan): void {
  drawing.box(box, 'site');
  drawing.text(box.x + 12, box.y + 24, name, 'name', box.width - 24);
  const devices = Math.ceil(users * needs.devicesPerUser);
  drawing.text(
    box.x + 12,
    box.y + 44,
    `${counted(users, 'user')}, ${counted(devices, 'device')}`,
    'small',
    box.width - 24,
  );
}

/** Name, sprayer, zones with servers, store. */
const placeHeight = (place: PlacePlan, isPool: boolean): number =>
  2 * LINE + 40 + GAP + zoneHeight(place, isPool) + GAP + 36;

function zoneHeight({ zones, now }: PlacePlan, isPool: boolean): number {
  const rows = isPool ? Math.ceil(drawnServers(now.servers / zones.length) / 2) : 1;
  return LINE + 8 + rows * (SERVER.height + SERVER.gap);
}

const drawnServers = (perZone: number): number => (perZone > MOST_DRAWN ? 1 : perZone);

function drawPlace(drawing: Drawing, place: PlacePlan, box: Box, isPool: boolean): void {
  drawing.box(box, 'place');
  const inner = box.width - 2 * ZONE.gap;
  drawing.text(box.x + ZONE.gap, box.y + 20, `${place.name} (${place.region})`, 'name', inner);
  const sprayer = { x: box.x + ZONE.gap, y: sprayerMiddle(box) - 17, width: inner, height: 34 };
  drawing.box(sprayer, 'part');
  drawing.centred(sprayer, 'load balancer: one address for phones', 'small');
  const top = sprayer.y + sprayer.height + GAP;
  const height = zoneHeight(place, isPool);
  const perZone = place.now.servers / place.zones.length;
  for (const [index, zone] of place.zones.entries()) {
    const zoneBox = { x: box.x + ZONE.gap + index * (ZONE.width + ZONE.gap), y: top, width: ZONE.width, height };
    drawing.box(zoneBox, 'zone');
    drawing.text(zoneBox.x + 8, zoneBox.y + 16, zone, 'small', ZONE.width - 16);
    if (isPool) drawServers(drawing, zoneBox, perZone);
    else if (index === 0) drawServers(drawing, zoneBox, 1);
    else drawing.text(zoneBox.x + 8, zoneBox.y + LINE + 24, 'its stand-in', 'small', ZONE.width - 16);
    if (isPool || index === 0) drawing.line(zoneBox.x + ZONE.width / 2, sprayer.y + sprayer.height, zoneBox.y);
  }
  const store = { x: sprayer.x, y: top + height + GAP - 10, width: inner, height: 34 };
  drawing.line(box.x + box.width / 2, top + height, store.y);
  drawing.box(store, 'part');
  drawing.centred(
    store,
    isPool ? 'store: a table of DynamoDB, in three zones' : 'store: SQLite on a file system',
    'small',
  );
}

function drawServers(drawing: Drawing, zone: Box, count: number): void {
  const drawn = drawnServers(count);
  for (let index = 0; index < drawn; index += 1) {
    const isNumber = count > MOST_DRAWN;
    const box = {
      x: zone.x + 8 + (index % 2) * (SERVER.width + 12 + SERVER.gap),
      y: zone.y + LINE + 6 + Math.floor(index / 2) * (SERVER.height + SERVER.gap),
      width: isNumber ? zone.width - 16 : SERVER.width + 8,
      height: SERVER.height,
    };
    drawing.box(box, 'server');
    drawing.centred(box, isNumber ? counted(count, 'server') : 'server', 'small');
  }
}

function drawMailSystems(drawing: Drawing, places: ReadonlyMap<PlacePlan, Box>, x: number): void {
  const bySystem = Map.groupBy(places, ([{ mailSystem }]) => mailSystem);
  for (const [mail, own] of bySystem) {
    const y = own.reduce((sum, [, box]) => sum + middle(box), 0) / own.length - MAIL.height / 2;
    const box = { x, y, ...MAIL };
    drawMail(drawing, mail, box);
    for (const [place, from] of own) {
      const ms = mailRoundTrip(mail, place.region);
      drawing.arrow(from.x + from.width, middle(from), box.x, middle(box), `${number(ms)} ms`, ms > MAIL_WARNING_MS);
    }
  }
}

function drawMail(drawing: Drawing, { name, host }: MailSystemNeed, box: Box): void {
  drawing.box(box, 'site');
  drawing.text(box.x + 12, box.y + 24, `mail system ${name}`, 'name', box.width - 24);
  drawing.text(box.x + 12, box.y + 44, host, 'small', box.width - 24);
}
