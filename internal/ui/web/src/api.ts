// Written from internal/ui/schema/openrpc.json by TestProtocolDocumentAsTypes; change that file.

/** The version of the API that these types are of. */
export const api = "1.1";

/** What in a title is generated, and where it has to be labelled. */
export type AI = {
  c2pa?: string;
  kind: string;
  labelRequired: Array<string> | null;
};

/** Answer to a command. */
export type Accepted = {
  accepted: true;
};

/** How the account at one service stands. */
export type AccountView = {
  attempt: number;
  away: boolean;
  bound: boolean;
  expiresAtMs?: number;
  phase: "idle" | "asking" | "waiting" | "paired" | "denied" | "expired" | "failed";
  problem?: Problem;
  qr?: QR;
  service: string;
  telling: boolean;
  uri?: string;
  uriComplete?: string;
  userCode?: string;
};

/** How the household stands with a service; empty: not asked. */
export type Balance = {
  currency?: string;
  limitMinor?: number;
  owedMinor?: number;
  vouchers?: number;
};

/** An amount of cached objects. */
export type CacheAmount = {
  bytes: number;
  objects: number;
};

/** The share of one class of object. */
export type CacheClass = {
  class: CacheClassName;
  diskBudget: number;
  diskBytes: number;
  fetchedBytes: number;
  hitBytes: number;
  hits: number;
  memoryBudget: number;
  memoryBytes: number;
  prefetchedBytes: number;
  prefetchedUnreadBytes: number;
};

/** What an object is for. */
export type CacheClassName = "playlist" | "init" | "media" | "key" | "subtitle" | "art" | "other";

/** How the title that is on was read and shown so far. */
export type CacheFilm = {
  abandoned: number;
  aheadBytes: number;
  awayMs: number;
  decision: string;
  height: number;
  heldMs: number;
  inTime: number;
  interrupted: number;
  leastHeldMs: number;
  linkRate: number;
  meanRate: number;
  outages: number;
  rate: number;
  reason: string;
  rungs: number;
  session: number;
  stalledMs: number;
  stalls: number;
  startMs: number;
  switches: number;
  titleId: string;
  unreadBytes: number;
  wanted: number;
};

/** Start kits: what was fetched before anybody asked for it, and what came of it. */
export type CacheKits = {
  bytes: number;
  dayBudget: number;
  dayBytes: number;
  failed: number;
  flashBudget: number;
  flashBytes: number;
  flashDay: number;
  idle: "" | "off" | "metered" | "budget" | "waste" | "film_first" | "player_waited" | "service_busy" | "one_connection";
  interrupted: number;
  kitStarts: number;
  made: number;
  quickStarts: number;
  quickWithKits: number;
  refused: number;
  starts: number;
  used: number;
  usedBytes: number;
};

/** What the segment cache did since the daemon started, and what it holds now. */
export type CacheStatus = {
  abandoned: number;
  classes: Array<CacheClass>;
  collapsed: number;
  diskBudget: number;
  diskBytes: number;
  diskErrors: number;
  diskObjects: number;
  fetchedBytes: number;
  fillingBytes: number;
  film?: CacheFilm;
  flashBytes: number;
  flashTotalBytes: number;
  hits: number;
  kits?: CacheKits;
  memoryBudget: number;
  memoryBytes: number;
  memoryObjects: number;
  misses: number;
  pinnedBytes: number;
  prefetchedBytes: number;
  prefetchedUnreadBytes: number;
  servedBytes: number;
};

/** What cache.verify found. */
export type CacheVerified = {
  bad: number;
  bytes: number;
  objects: number;
};

/** A part of a title that one can go to. */
export type Chapter = {
  atMs: number;
  name: Text;
};

/** One check of the doctor. */
export type Check = {
  hint: string;
  name: string;
  ok: boolean;
  severity: "ok" | "warning" | "error";
  text: string;
};

/** The client program. */
export type Client = {
  name: string;
  version?: string;
};

/** data of every error. */
export type ErrorData = {
  field?: string;
  hint: string;
  key: string;
  retry: boolean;
  retryAfterMs?: number;
  text: string;
};

/** An update that came to its end. */
export type FirmwareEntry = {
  at: string;
  from?: string;
  kept: boolean;
  reason?: string;
  version: string;
};

/** A release that was passed over. */
export type FirmwareSkipped = {
  version: string;
  why: string;
};

/** A place for a firmware. */
export type FirmwareSlot = {
  attempts: number;
  booted: boolean;
  counter: number;
  name: string;
  primary: boolean;
  reason?: string;
  state: "empty" | "written" | "trying" | "good" | "bad";
  version?: string;
};

/** The slots of the box, and what became of updates. */
export type FirmwareStatus = {
  firmware: FirmwareView;
  floor: number;
  history: Array<FirmwareEntry>;
  skipped: Array<FirmwareSkipped>;
  slots: Array<FirmwareSlot>;
};

/** How updates of the box's firmware stand. */
export type FirmwareView = {
  checkedMs?: number;
  installsNow?: boolean;
  laterLeft: number;
  laterMs?: number;
  notes?: Text;
  offer?: string;
  percent?: number;
  problem?: Problem;
  slot: string;
  stage: "idle" | "checking" | "offered" | "writing" | "written" | "switching" | "proving";
  urgentMs?: number;
  version: string;
  waits?: "watching" | "pairing" | "paying" | "delayed" | "held" | "metered" | "title" | "attended" | "postponed" | "hours";
};

/** State of topic household. */
export type HouseholdView = {
  avatars: Array<string>;
  current: string;
  last: string;
  limits: Array<Rating>;
  profiles: Array<Profile>;
  revision: number;
  watchlist: Array<string>;
};

/** One who delays standby, and the sleep of the machine. */
export type InhibitorView = {
  id: string;
  reason: string;
  untilMs: number;
};

/** The sum of one title. */
export type InsightsTitle = {
  ends: number;
  starts: number;
  titleId: string;
  watchedMs: number;
};

/** What would be sent of who watches, and whether it will be. */
export type InsightsView = {
  givenMs?: number;
  nextMs?: number;
  on: boolean;
  titles: Array<InsightsTitle>;
  version: string;
};

/** A key of a remote control. */
export type Key = "up" | "down" | "left" | "right" | "ok" | "back" | "home" | "menu" | "play" | "pause" | "playpause" | "stop" | "rewind" | "forward" | "next" | "previous" | "volup" | "voldown" | "mute" | "power" | "standby" | "wake" | "info" | "guide" | "search" | "subtitle" | "audio" | "chup" | "chdown" | "red" | "green" | "yellow" | "blue" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** What was done with it. */
export type KeyAction = "press" | "repeat" | "release";

/** One key action. */
export type KeyEvent = {
  action: KeyAction;
  key: Key;
};

/** Where the keys of accounts are, and what that is worth. */
export type Keys = {
  bound: boolean;
  sealed: boolean;
  text: string;
  tier: string;
};

/** One line of the ledger. */
export type LedgerEntry = {
  amountMinor?: number;
  at: string;
  currency?: string;
  hash: string;
  intent?: string;
  kind: string;
  lease?: string;
  prev: string;
  profile?: string;
  receipt?: string;
  seq: number;
  service: string;
  titleId?: string;
};

/** How far a live channel can be wound. Its times are programme times: ms since the Unix epoch, as the channel's EXT-X-PROGRAM-DATE-TIME says. */
export type LiveView = {
  atMs: number;
  behindMs: number;
  endMs: number;
  liveMs: number;
  slackMs: number;
  startMs: number;
  winds: boolean;
};

/** The last thing that somebody wanted of a network, until it is cleared. */
export type NetworkAttempt = {
  act: "join" | "forget";
  name: string;
  phase: "running" | "done" | "failed";
  problem?: Problem;
  session: number;
  ssid?: string;
};

/** How the box's Wi-Fi stands. */
export type NetworkRadio = {
  name?: string;
  signal?: number;
  ssid?: string;
  state: "absent" | "off" | "disconnected" | "connecting" | "connected";
};

/** A Wi-Fi network around the box, under one name however many antennas it has. */
export type NetworkSeen = {
  connected: boolean;
  known: boolean;
  name: string;
  security: "open" | "wep" | "wpa" | "wpa3" | "enterprise";
  signal: number;
  ssid?: string;
};

/** State of topic network: what the box hangs on, and its Wi-Fi. */
export type NetworkView = {
  address?: string;
  attempt?: NetworkAttempt;
  hardware?: string;
  link?: "none" | "cable" | "wifi" | "other";
  looking: boolean;
  networks: Array<NetworkSeen>;
  paid: boolean;
  problem?: Problem;
  reach?: "internet" | "portal" | "nothing";
  simulated?: boolean;
  wifi: NetworkRadio;
};

/** Topic pairing: the accounts of the box. */
export type PairingView = {
  accounts: Array<AccountView>;
  keys: Keys;
};

/** Somebody who made a title, and as what. */
export type Person = {
  name: string;
  role: string;
};

/** A phone that was let in. */
export type Phone = {
  here: boolean;
  id: string;
  name: string;
  pairedMs: number;
  seenMs: number;
};

/** A code that lets one phone in. */
export type PhoneWindow = {
  code: string;
  expiresAtMs: number;
  qr?: QR;
  triesLeft: number;
  uri?: string;
};

/** State of topic phones: the phones that act as remotes of the box. */
export type PhonesView = {
  allowed: boolean;
  ended?: "paired" | "expired" | "tries" | "cancelled";
  hosts: Array<string>;
  on: boolean;
  phones: Array<Phone>;
  trouble?: "network" | "port";
  window?: PhoneWindow;
};

/** The picture as it is decoded, and the shape it is shown in. */
export type PictureView = {
  aspect: number;
  fill: number;
  hdr?: "sdr" | "pq" | "hlg";
  height: number;
  peak?: number;
  showAspect: number;
  width: number;
};

/** State of topic playback. */
export type PlaybackView = {
  aiPerformers?: boolean;
  atMs: number;
  backdrop?: string;
  chapters?: Array<Chapter>;
  creditsMs?: number;
  durationMs?: number;
  heldMs?: number;
  introFromMs?: number;
  introToMs?: number;
  live: boolean;
  muted: boolean;
  name?: Text;
  nextId?: string;
  nextName?: Text;
  notice?: Problem;
  number?: number;
  outcome?: "ended" | "stopped" | "stopped_in_player" | "failed";
  phase: "idle" | "resolving" | "opening" | "playing" | "paused" | "buffering" | "recovering" | "ended" | "failed";
  positionMs: number;
  poster?: string;
  problem?: Problem;
  rate: number;
  rendition?: Rendition;
  season?: number;
  seriesId?: string;
  seriesName?: Text;
  session: number;
  titleId?: string;
  trickplay?: Trickplay;
  url?: string;
  volume: number;
  window?: LiveView;
};

/** What the player was found able to do. */
export type PlayerCan = {
  errorReason: boolean;
  rate: boolean;
  seek: boolean;
  seekFmp4: boolean;
  volume: boolean;
};

/** Who the player is. */
export type PlayerInfo = {
  busAddress: string;
  busName: string;
  can: PlayerCan;
  identity: string;
  pid?: number;
  simulated: boolean;
  video: boolean;
};

/** Where a topic stands. */
export type Point = {
  epoch: string;
  seq: number;
  state: PlaybackView | SystemView | TracksView | ProgressMap | null | PhonesView | Typing | Settings;
};

/** The power of the box. */
export type PowerView = {
  by?: string;
  idleAtMs?: number;
  inhibitors: Array<InhibitorView>;
  reason?: string;
  sinceMs?: number;
  state: "on" | "leaving" | "standby" | "waking";
  untilMs?: number;
};

/** Something a person has to know. */
export type Problem = {
  code: string;
  hint: string;
  text: string;
};

/** One viewer of the household. Of a PIN it says only that there is one. */
export type Profile = {
  audio?: string;
  avatar: string;
  id: string;
  insights: boolean;
  kids: boolean;
  language?: string;
  limit: Rating;
  name: string;
  pin: boolean;
  subtitles?: string;
  unrated: boolean;
  watershed: Watershed;
};

/** How far a title was watched. */
export type Progress = {
  durationMs: number;
  finished: boolean;
  positionMs: number;
  updatedMs: number;
};

/** State of topic progress, by qualified title id. */
export type ProgressMap = Record<string, Progress>;

/** What changed in a map: each member replaces that of the state, null takes it away. */
export type ProgressPatch = Record<string, Progress | null>;

/** A QR code without its quiet zone: draw four light modules around it. */
export type QR = {
  modules: string;
  size: number;
};

/** One row of the catalogue. */
export type Rail = {
  id: string;
  name: Text;
  titles: Array<string>;
};

/** An age rating of one system. */
export type Rating = {
  label: string;
  minAge: number;
  system: string;
};

/** One line of an explanation. */
export type Reason = {
  subject: string;
  text: string;
};

/** What is on a box, for whoever wants proof that nothing is. */
export type Remains = {
  accounts: number;
  begun: number;
  files: Array<{
    bytes: number;
    path: string;
  }>;
  profiles: number;
  untold: number;
  watchlist: number;
};

/** An input device and what is done with it. */
export type RemoteDevice = {
  bus: number;
  hint?: string;
  keymap?: string;
  kind: "remote" | "keyboard" | "mouse" | "cec" | "other";
  name: string;
  node: string;
  problem?: string;
  product: number;
  read: boolean;
  unique?: string;
  vendor: number;
};

/** The rung of the ladder being played. */
export type Rendition = {
  audio?: string;
  bandwidth: number;
  height?: number;
  subtitle?: string;
  width?: number;
};

/** State of topic purchase: one that a person approves on a phone. Only its profile is shown it. */
export type SaleView = {
  balance: Balance;
  begunMs?: number;
  billing?: string;
  currency?: string;
  expiresAtMs?: number;
  id?: string;
  kind?: string;
  name?: Text;
  note?: Text;
  playMs?: number;
  priceMinor?: number;
  problem?: Problem;
  profile?: string;
  qr?: QR;
  receipt?: string;
  state?: "intended" | "created" | "scanned" | "paid" | "accepted" | "fulfilled" | "expired" | "declined" | "cancelled" | "refunded";
  titleId?: string;
  uri?: string;
};

/** A season of a series. */
export type Season = {
  episodes: Array<Title>;
  name: Text;
  number: number;
};

/** How a service stands. */
export type Service = {
  id: string;
  name: string;
  problem?: Problem;
  reachable: boolean;
  revision: string;
  titles: number;
};

export type Setting = {
  absent?: "player" | "tv" | "voice";
  default: string;
  name: string;
  values: Array<string>;
};

export type Settings = {
  asks: boolean;
  list: Array<Setting>;
  values: Record<string, string>;
};

/** What installers' bundles set on a box. */
export type Site = {
  brand: string;
  language?: string;
  metered: string;
  refused: Array<{
    code: string;
    service: string;
  }>;
  serial: string;
  services: Array<{
    id: string;
    issuer?: string;
    url: string;
  }>;
  signers: Array<{
    appliedMs?: number;
    bundle?: string;
    key: string;
    sequence: number;
  }>;
  waiting: Array<string>;
};

/** How the household stands with a service. */
export type Standing = {
  currency?: string;
  limitMinor?: number;
  owedMinor?: number;
  plan?: Text;
  service: string;
  vouchers?: number;
};

/** State of topic system. */
export type SystemView = {
  demo: boolean;
  firmware?: FirmwareView;
  player: PlayerInfo;
  playerReady: boolean;
  power: PowerView;
  problems: Array<Problem>;
  services: Array<Service>;
  tv: TVView;
  version: string;
};

/** The television at the other end of the HDMI cable. */
export type TVView = {
  active: boolean;
  muted: boolean;
  power: "on" | "standby" | "turning on" | "going to standby" | "unknown";
  present: boolean;
  reason: string;
  sound: "box" | "tv" | "audio-system";
  volume: number;
};

/** One way to watch a title. */
export type Terms = {
  billing?: string;
  currency?: string;
  kind: "free" | "subscription" | "rent" | "buy";
  playMs?: number;
  priceMinor?: number;
};

/** One text in several languages, by BCP 47 tag (zh-Hans, en, de, id, th). */
export type Text = Record<string, string>;

/** One thing to watch. */
export type Title = {
  ai?: AI;
  aiNote?: Text;
  aiPerformers: boolean;
  audio: Array<string>;
  backdrop: string;
  cast?: Array<string>;
  chapters?: Array<Chapter>;
  countries: Array<string>;
  creditsMs?: number;
  durationMs?: number;
  eidr?: string;
  genres: Array<string>;
  id: string;
  introFromMs?: number;
  introToMs?: number;
  kind: "film" | "series" | "episode" | "live";
  name: Text;
  number?: number;
  originalLanguage: string;
  people?: Array<Person>;
  poster: string;
  production: "" | "own" | "licensed" | "co-production";
  ratings: Array<Rating>;
  season?: number;
  seasons?: Array<Season>;
  seriesId?: string;
  subtitles: Array<string>;
  synopsis: Text;
  terms: Array<Terms>;
  territories: Array<string>;
  window: Window;
  year: number;
};

/** A title without synopsis, cast and seasons. */
export type TitleSummary = {
  aiNote?: Text;
  aiPerformers: boolean;
  audio: Array<string>;
  backdrop: string;
  countries: Array<string>;
  creditsMs?: number;
  durationMs?: number;
  genres: Array<string>;
  id: string;
  introFromMs?: number;
  introToMs?: number;
  kind: "film" | "series" | "episode" | "live";
  name: Text;
  number?: number;
  originalLanguage: string;
  poster: string;
  production: "" | "own" | "licensed" | "co-production";
  ratings: Array<Rating>;
  season?: number;
  seriesId?: string;
  subtitles: Array<string>;
  terms: Array<Terms>;
  territories: Array<string>;
  window: Window;
  year: number;
};

/** Params of the notification topic.event: state for playback, system, tracks, household, purchase, settings, phones, typing and progress, event for keys; from API 1.1 on progress comes as patch instead, where that is shorter. */
export type TopicEvent = {
  after?: number;
  epoch: string;
  event?: KeyEvent;
  patch?: ProgressPatch;
  seq: number;
  state?: PlaybackView | SystemView | TracksView | ProgressMap | HouseholdView | SaleView | PhonesView | Typing | Settings;
  topic: TopicName;
};

/** A topic. */
export type TopicName = "playback" | "system" | "tracks" | "pairing" | "household" | "purchase" | "settings" | "progress" | "keys" | "phones" | "typing" | "network";

/** A track of the title that is on. */
export type Track = {
  channels?: number;
  codec?: string;
  external: boolean;
  id: number;
  language?: string;
  selected: boolean;
  title?: string;
};

/** What can be done with the tracks now. */
export type TracksCan = {
  audio: boolean;
  delay: boolean;
  picture: boolean;
  subtitles: boolean;
  why?: string;
};

/** State of topic tracks: what the title that is on has to hear and to read, and how its picture is shown. Empty when no title is on. */
export type TracksView = {
  audio: Array<Track>;
  audioDelayMs: number;
  can: TracksCan;
  picture: PictureView;
  problem?: Problem;
  session: number;
  subtitleDelayMs: number;
  subtitles: Array<Track>;
};

/** What there is to show while somebody winds. */
export type Trickplay = {
  kind: "vtt" | "images" | "iframes";
  url: string;
};

/** State of topic typing: what somebody writes on a phone, for the search of the screen. */
export type Typing = {
  text: string;
};

/** Hours outside of which titles from an age on are hidden; minutes after midnight where the box stands, over midnight when until is smaller. */
export type Watershed = {
  from: number;
  minAge: number;
  until: number;
};

/** A network around the box. */
export type WiFiNetwork = {
  connected: boolean;
  known: boolean;
  name: string;
  security: "open" | "wep" | "wpa" | "wpa3" | "enterprise";
  signal: number;
  ssid?: string;
};

/** How the box's Wi-Fi stands. */
export type WiFiStatus = {
  adapter?: string;
  manager: string;
  network?: string;
  signal?: number;
  ssid?: string;
  state: "off" | "disconnected" | "connecting" | "connected";
};

/** When a title may be watched; a missing end is open. */
export type Window = {
  from?: string;
  until?: string;
};

/** What each method takes and answers. */
export interface Methods {
  /** Open the session. */
  "session.hello": {
    params: {
      api?: string;
      client: Client;
      role?: "screen" | "remote" | "local" | "installer" | "oem";
      token?: string;
    };
    result: {
      api: string;
      protocol: "usher.v1";
      role: "screen" | "remote" | "local" | "installer" | "oem";
      scopes: Array<string>;
      server: {
        name: string;
        version: string;
      };
    };
  };
  /** This document. */
  "rpc.discover": {
    params: Record<string, never>;
    result: Record<string, unknown>;
  };
  /** Follow topics; the answer is their present state. */
  "topic.subscribe": {
    params: {
      topics: Array<TopicName>;
    };
    result: {
      topics: Record<string, Point>;
    };
  };
  /** Stop following topics, at once. */
  "topic.unsubscribe": {
    params: {
      topics: Array<TopicName>;
    };
    result: {
      topics: Array<TopicName>;
    };
  };
  /** Follow a topic again after a break. */
  "topic.resume": {
    params: {
      epoch: string;
      seq: number;
      topic: TopicName;
    };
    result: {
      replayed: Array<TopicEvent>;
    } | {
      snapshot: Point;
    };
  };
  /** The services on this box. */
  "catalog.services": {
    params: Record<string, never>;
    result: {
      services: Array<Service>;
    };
  };
  /** The rails of one service, or of all. */
  "catalog.rails": {
    params: {
      most?: number;
      service?: string;
    };
    result: {
      rails: Array<Rail>;
      revision: string;
      titles: Record<string, TitleSummary>;
    };
  };
  /** One title in full. */
  "catalog.title": {
    params: {
      id: string;
    };
    result: {
      related: Array<string>;
      series?: Title;
      title: Title;
    };
  };
  /** Find titles by words. */
  "catalog.search": {
    params: {
      language?: string;
      limit?: number;
      query: string;
    };
    result: {
      titles: Array<TitleSummary>;
    };
  };
  /** What is playing. */
  "playback.get": {
    params: Record<string, never>;
    result: PlaybackView;
  };
  /** How the box stands. */
  "system.get": {
    params: Record<string, never>;
    result: SystemView;
  };
  /** How far titles were watched. */
  "progress.get": {
    params: Record<string, never>;
    result: ProgressMap;
  };
  /** How the accounts of the box stand. */
  "pairing.get": {
    params: Record<string, never>;
    result: PairingView;
  };
  /** Ask a service for a code to connect the box with an account. */
  "pair.start": {
    params: {
      service: string;
    };
    result: Accepted;
  };
  /** Take the code back, or clear the end of a pairing that was read. */
  "pair.cancel": {
    params: {
      service: string;
    };
    result: Accepted;
  };
  /** Disconnect the box from its account: tokens and key are wiped at once, and the service is told as soon as it is reached. */
  "pair.remove": {
    params: {
      service: string;
    };
    result: Accepted;
  };
  /** Take everything of the household off the box. */
  "box.wipe": {
    params: {
      factory?: boolean;
    };
    result: Accepted;
  };
  /** What is on the box, for whoever wants proof that nothing is. */
  "box.remains": {
    params: Record<string, never>;
    result: Remains;
  };
  /** How the box's Wi-Fi stands. */
  "wifi.status": {
    params: Record<string, never>;
    result: WiFiStatus;
  };
  /** Look around for Wi-Fi networks. */
  "wifi.list": {
    params: Record<string, never>;
    result: {
      networks: Array<WiFiNetwork>;
    };
  };
  /** Join a Wi-Fi network. */
  "wifi.join": {
    params: {
      hidden?: boolean;
      name: string;
      passphrase?: string;
      ssid?: string;
    };
    result: Accepted;
  };
  /** Forget a Wi-Fi network, and its passphrase. */
  "wifi.forget": {
    params: {
      name: string;
      ssid?: string;
    };
    result: Accepted;
  };
  /** What the box hangs on, and its Wi-Fi. */
  "network.get": {
    params: Record<string, never>;
    result: NetworkView;
  };
  /** Look around for Wi-Fi networks. */
  "network.look": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Join a Wi-Fi network. */
  "network.join": {
    params: {
      hidden?: boolean;
      name: string;
      passphrase?: string;
      ssid?: string;
    };
    result: Accepted;
  };
  /** Forget a Wi-Fi network, and its passphrase. */
  "network.forget": {
    params: {
      name: string;
      ssid?: string;
    };
    result: Accepted;
  };
  /** Take back what is being done, and clear what was found. */
  "network.cancel": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Apply an installer's bundle. */
  "box.apply": {
    params: {
      bundle: string;
    };
    result: Accepted;
  };
  /** What bundles set on the box, and what the next one has to say; no secrets. */
  "box.site": {
    params: Record<string, never>;
    result: Site;
  };
  /** Play a title; a series means its next unfinished episode. */
  "player.play": {
    params: {
      from?: "resume" | "start";
      positionMs?: number;
      titleId: string;
    };
    result: Accepted;
  };
  /** Hold the picture. */
  "player.pause": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Continue. */
  "player.resume": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Pause or continue. */
  "player.toggle": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** End the title and keep its position. */
  "player.stop": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Move the position: to a place in the film, or to a programme time within the window of a live channel. It goes to the nearest place that is there. */
  "player.seek": {
    params: {
      byMs?: number;
      toMs?: number;
    };
    result: Accepted;
  };
  /** Go to another chapter of the film. */
  "player.chapter": {
    params: {
      by: number;
    };
    result: Accepted;
  };
  /** Go to the next episode. */
  "player.next": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** What the keys for the next one and the one before mean. */
  "player.skip": {
    params: {
      back?: boolean;
    };
    result: Accepted;
  };
  /** Go to where the channel is live. Nothing happens when it is. */
  "player.live": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Set, change or mute the volume. */
  "player.volume": {
    params: {
      by?: number;
      level?: number;
      mute?: boolean | "toggle";
    };
    result: Accepted;
  };
  /** Set how fast the title runs. */
  "player.rate": {
    params: {
      rate: number;
    };
    result: Accepted;
  };
  /** The tracks of the title that is on. */
  "player.tracks": {
    params: Record<string, never>;
    result: TracksView;
  };
  /** Choose another sound or subtitles. */
  "player.choose": {
    params: {
      id: number;
      kind: "audio" | "subtitles";
    };
    result: Accepted;
  };
  /** Move sound or subtitles against the picture. */
  "player.delay": {
    params: {
      kind: "audio" | "subtitles";
      ms: number;
    };
    result: Accepted;
  };
  /** Set the shape of the picture, until the title ends. */
  "player.picture": {
    params: {
      aspect?: number;
      fill?: number;
    };
    result: Accepted;
  };
  /** The profiles of the household. */
  "profiles.list": {
    params: Record<string, never>;
    result: HouseholdView;
  };
  /** Say who watches. */
  "profiles.choose": {
    params: {
      id: string;
      pin?: string;
    };
    result: Accepted;
  };
  /** Ask who watches. */
  "profiles.leave": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Add a profile. */
  "profiles.create": {
    params: {
      audio?: string;
      avatar?: string;
      by?: string;
      kids?: boolean;
      language?: string;
      maxAge?: number;
      name: string;
      pin?: string;
      subtitles?: string;
      unrated?: boolean;
      watershed?: Watershed;
    };
    result: {
      id: string;
    };
  };
  /** Change a profile. */
  "profiles.change": {
    params: {
      audio?: string;
      avatar?: string;
      by?: string;
      id: string;
      kids?: boolean;
      language?: string;
      maxAge?: number;
      name?: string;
      pin?: string;
      subtitles?: string;
      unrated?: boolean;
      watershed?: Watershed;
    };
    result: Accepted;
  };
  /** Remove a profile, and all that is kept for it. */
  "profiles.remove": {
    params: {
      by?: string;
      id: string;
    };
    result: Accepted;
  };
  /** Check the PIN of who watches. */
  "profiles.verify": {
    params: {
      pin: string;
    };
    result: Accepted;
  };
  /** Set a forgotten PIN anew. */
  "profiles.reset": {
    params: {
      id: string;
      pin?: string;
    };
    result: Accepted;
  };
  /** Put a title on the watchlist of who watches, or take it off. */
  "watchlist.set": {
    params: {
      on: boolean;
      titleId: string;
    };
    result: Accepted;
  };
  /** The purchase that is shown. */
  "purchase.get": {
    params: Record<string, never>;
    result: SaleView;
  };
  /** Begin a purchase that a person approves on a phone. */
  "purchase.begin": {
    params: {
      kind: "rent" | "buy" | "subscription";
      pin: string;
      titleId: string;
    };
    result: Accepted;
  };
  /** Give the purchase up that is shown, or take it off the screen. */
  "purchase.cancel": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** What was bought, and what was tried. */
  "purchases.list": {
    params: Record<string, never>;
    result: {
      purchases: Array<SaleView>;
    };
  };
  /** How the household stands with each service. */
  "purchases.balance": {
    params: Record<string, never>;
    result: {
      balances: Array<Standing>;
    };
  };
  /** What was paid and refunded, in a chain of hashes. */
  "ledger.get": {
    params: Record<string, never>;
    result: {
      entries: Array<LedgerEntry>;
      text?: string;
      whole: boolean;
    };
  };
  /** What who watches agreed to tell the services, and what would be sent. */
  "insights.get": {
    params: Record<string, never>;
    result: InsightsView;
  };
  /** Agree to tell the services what is watched, or withdraw that. */
  "insights.set": {
    params: {
      on: boolean;
    };
    result: Accepted;
  };
  /** A key of a remote control. */
  "remote.key": {
    params: {
      action?: KeyAction;
      key: Key;
    };
    result: Accepted;
  };
  /** Hold a key of a remote control down for a while. */
  "remote.hold": {
    params: {
      forMs: number;
      key: Key;
    };
    result: Accepted;
  };
  /** Show the screen what somebody writes on a phone. */
  "remote.text": {
    params: {
      text: string;
    };
    result: Accepted;
  };
  /** Put the box to standby. */
  "power.standby": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Wake the box, and show its picture on the television. */
  "power.wake": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Delay standby, and the sleep of the machine, for a reason and a time. */
  "power.delay": {
    params: {
      forMs: number;
      id: string;
      reason?: string;
    };
    result: Accepted;
  };
  /** Press a button of the demo's television. */
  "tv.press": {
    params: {
      action?: "press" | "release";
      button: "power" | "input" | "tuner" | "up" | "down" | "left" | "right" | "ok" | "back" | "home" | "play" | "pause" | "stop" | "forward";
    };
    result: {
      reached: boolean;
    };
  };
  /** Say what the screen points at, so that its beginning can be fetched. */
  "ui.focus": {
    params: {
      place?: "tile" | "details" | "hero" | "continue" | "countdown";
      secret?: boolean;
      titleId?: string;
    };
    result: Accepted;
  };
  /** How the segment cache stands. */
  "cache.status": {
    params: Record<string, never>;
    result: CacheStatus;
  };
  /** Give the loopback address of a playlist or segment, for any player. */
  "cache.url": {
    params: {
      url: string;
    };
    result: {
      url: string;
    };
  };
  /** Fetch the beginning of a stream before it is wanted. */
  "cache.prefetch": {
    params: {
      seconds?: number;
      url: string;
    };
    result: CacheAmount;
  };
  /** Keep what is held of a stream from being evicted, or no longer. */
  "cache.pin": {
    params: {
      on: boolean;
      url: string;
    };
    result: {
      objects: number;
    };
  };
  /** Drop what the cache holds. */
  "cache.clear": {
    params: {
      classes?: Array<CacheClassName>;
      pinned?: boolean;
    };
    result: CacheAmount;
  };
  /** Read all that is kept and drop what is damaged. */
  "cache.verify": {
    params: Record<string, never>;
    result: CacheVerified;
  };
  /** The input devices of the box. */
  "remote.devices": {
    params: Record<string, never>;
    result: {
      devices: Array<RemoteDevice>;
    };
  };
  /** Wait for the next button and say which it is. */
  "remote.learn": {
    params: Record<string, never>;
    result: {
      code: number;
      device: RemoteDevice;
      means: {
        double?: Key;
        long?: Key;
        short?: Key;
      };
      name: string;
    };
  };
  /** What the household has chosen, and what it may choose. */
  "settings.get": {
    params: Record<string, never>;
    result: Settings;
  };
  /** Choose one setting. */
  "settings.set": {
    params: {
      name: string;
      value: string;
    };
    result: Settings;
  };
  /** Say a sentence aloud. */
  "speech.say": {
    params: {
      language?: string;
      text: string;
    };
    result: Accepted;
  };
  /** The phones that act as remotes. */
  "phones.get": {
    params: Record<string, never>;
    result: PhonesView;
  };
  /** Let phones act as remotes, or none. */
  "phones.switch": {
    params: {
      on: boolean;
    };
    result: PhonesView;
  };
  /** Show a code that lets a phone in. */
  "phones.pair": {
    params: Record<string, never>;
    result: PhonesView;
  };
  /** Take the code away. */
  "phones.cancel": {
    params: Record<string, never>;
    result: PhonesView;
  };
  /** The phone that asks is no remote any more. */
  "phones.leave": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Remove a phone. */
  "phones.remove": {
    params: {
      id: string;
    };
    result: PhonesView;
  };
  /** Check the box. */
  "system.doctor": {
    params: Record<string, never>;
    result: {
      checks: Array<Check>;
    };
  };
  /** What decided: one line for each thing that did. */
  "system.why": {
    params: {
      topic: "quality" | "start" | "stall" | "tv" | "tv.woke" | "tv.frames" | "power";
    };
    result: {
      reasons: Array<Reason>;
      topic: string;
    };
  };
  /** What the box took in lately and what became of it, for usher replay. */
  "journal.read": {
    params: {
      last?: number;
    };
    result: {
      text: string;
    };
  };
  /** The slots of the box, and what became of its updates. */
  "firmware.status": {
    params: Record<string, never>;
    result: FirmwareStatus;
  };
  /** Look for new firmware. */
  "firmware.check": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Install the newest firmware that the box may take. */
  "firmware.install": {
    params: Record<string, never>;
    result: Accepted;
  };
  /** Put the update off. */
  "firmware.postpone": {
    params: {
      forMs: number;
    };
    result: Accepted;
  };
  /** Go back to the firmware before. */
  "firmware.rollback": {
    params: Record<string, never>;
    result: Accepted;
  };
}
