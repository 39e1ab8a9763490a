/** Types of the control API. `npm run client` generates this file from the OpenAPI document: do not edit it. */

export type Schemas = {
  Event: {
    /** The same in every delivery, and in the header `webhook-id`: use it to detect repeats */
    id: string;
    type:
      | 'asset.waiting'
      | 'asset.queued'
      | 'asset.encoding'
      | 'asset.ready'
      | 'asset.failed'
      | 'asset.ready_partial'
      | 'asset.updated'
      | 'asset.deleted'
      | 'job.queued'
      | 'job.running'
      | 'job.failed'
      | 'job.cancelled';
    timestamp: string;
    /** 1, 2, … per asset, without gaps */
    sequence: number;
    data: {
      asset: Schemas['AssetThen'];
      /** The asset's latest job */
      job: {
        id: string;
        assetId: string;
        version: string;
        status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
        priority: number;
        retryOf: string | null;
        /** The track that it adds to the version */
        track: string | null;
        error: { code: string; message: string } | null;
        /** Of the inspection while it encodes; of all tasks when it is done */
        warnings: Schemas['Warning'][];
        createdAt: string;
        updatedAt: string;
      } | null;
    };
  };
  AssetThen: {
    id: string;
    title: string;
    policy: 'signed' | 'public';
    disabled: boolean;
    prewarm: boolean;
    status: 'waiting' | 'queued' | 'encoding' | 'ready' | 'failed';
    /** What plays: `partial` is an early rendition and the sound, for the whole duration; its other tracks follow */
    ready: 'no' | 'partial' | 'full';
    error: { code: string; message: string } | null;
    /** What the version that plays loses, changes or repairs of its source; before that, of the job under way */
    warnings: Schemas['Warning'][];
    options?: { start?: number; end?: number; audio?: { dolby?: boolean; loudness?: number }; maxSeconds?: number };
    version: string | null;
    revision: number | null;
    durationSeconds: number | null;
    width: number | null;
    height: number | null;
    job: { id: string; status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' } | null;
    createdAt: string;
    updatedAt: string;
  };
  Warning: {
    /** Stable; codes are added over time */
    code: string;
    message: string;
    /** Seconds from the film's start; the first place of several */
    at?: number;
  };
  WebhookTest: { id: string; type: 'webhook.test'; timestamp: string; data: Record<string, never> };
  /** RFC 9457; `code` is stable */
  Problem: {
    type: string;
    title: string;
    status: number;
    code: string;
    detail?: string;
    errors?: { path: string; message: string }[];
  };
  Asset: {
    id: string;
    title: string;
    policy: 'signed' | 'public';
    disabled: boolean;
    prewarm: boolean;
    status: 'waiting' | 'queued' | 'encoding' | 'ready' | 'failed';
    /** What plays: `partial` is an early rendition and the sound, for the whole duration; its other tracks follow */
    ready: 'no' | 'partial' | 'full';
    /** Progress of the latest job */
    progress: number;
    error: { code: string; message: string } | null;
    /** What the version that plays loses, changes or repairs of its source; before that, of the job under way */
    warnings: Schemas['Warning'][];
    options?: { start?: number; end?: number; audio?: { dolby?: boolean; loudness?: number }; maxSeconds?: number };
    version: string | null;
    revision: number | null;
    durationSeconds: number | null;
    width: number | null;
    height: number | null;
    job: { id: string; status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' } | null;
    createdAt: string;
    updatedAt: string;
  };
  CreateAsset: {
    title?: string;
    policy?: 'signed' | 'public';
    prewarm?: boolean;
    audio?: { dolby?: boolean; loudness?: number };
    priority?: number;
    source: Schemas['Source'];
  };
  Source:
    | {
        /** A key below `sources/` in the bucket; at most 1,024 bytes of UTF-8 */
        object: string;
        /** The film begins at the frame nearest to this second */
        start?: number;
        /** It ends there, or where the source does if that is earlier */
        end?: number;
      }
    | {
        /** URL on a public host; redirects are followed and each is checked */
        url: string;
        /** The film begins at the frame nearest to this second */
        start?: number;
        /** It ends there, or where the source does if that is earlier */
        end?: number;
      }
    | {
        /** A finished upload: its ID, or the last step of its URL */
        upload: string;
        /** The film begins at the frame nearest to this second */
        start?: number;
        /** It ends there, or where the source does if that is earlier */
        end?: number;
      };
  CreateClip: { start: number; end: number; title?: string; policy?: 'signed' | 'public' };
  AssetDetail: Schemas['Asset'] & {
    /** At most two minutes old (see `/assets/{id}/views`); null if nobody has watched it */
    views: Schemas['LiveViews'] | null;
  };
  LiveViews: {
    views: number;
    /** Estimate of distinct viewers, standard error 1.9 % */
    viewers: number;
    minutes: number;
    /** Sessions that fetched within the last 45 seconds */
    watching: number;
  };
  ChangeAsset: { title?: string; policy?: 'signed' | 'public'; disabled?: boolean; prewarm?: boolean };
  TrackList: { tracks: Schemas['Track'][] };
  Track: Schemas['VideoTrack'] | Schemas['AudioTrack'] | Schemas['TextTrack'];
  VideoTrack: {
    kind: 'video';
    id: string;
    width: number;
    height: number;
    frameRate: number;
    codec: string;
    /** Peak, bits per second */
    bandwidth: number;
  };
  AudioTrack: {
    kind: 'audio';
    id: string;
    language: string;
    name: string | null;
    default: boolean;
    origin: 'source' | 'added';
    /** `ready`: new sessions have it */
    status: 'waiting' | 'ready' | 'failed';
    error: { code: string; message: string } | null;
    warnings: Schemas['Warning'][];
    role: 'commentary' | 'description' | 'clean_speech' | null;
    loudness: { integratedLufs: number | null; rangeLu: number; truePeakDbtp: number | null } | null;
    formats: {
      id: string;
      codec: string;
      channels: number;
      /** Peak, bits per second */
      bandwidth: number;
    }[];
  };
  TextTrack: {
    /** `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows */
    kind: 'subtitles' | 'captions' | 'forced' | 'descriptions';
    id: string;
    language: string;
    name: string | null;
    default: boolean;
    origin: 'source' | 'added';
    /** `ready`: new sessions have it */
    status: 'waiting' | 'ready' | 'failed';
    error: { code: string; message: string } | null;
    warnings: Schemas['Warning'][];
    shiftMs: number;
  };
  AddTrack: {
    source?: Schemas['TrackSource'];
    object?: string;
    url?: string;
    upload?: string;
    /** BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
    language: string;
    name?: string;
    service?: Schemas['CaptioningService'];
    kind: 'subtitles' | 'captions' | 'forced' | 'descriptions' | 'audio';
    role?: 'commentary' | 'description' | 'clean_speech';
    default?: boolean;
  };
  TrackSource:
    | { object: string }
    | { url: string }
    | {
        /** A finished upload: its ID, or the last step of its URL */
        upload: string;
      };
  /** Is asked for the cues: it gets a link to the sound and an address that takes its file */
  CaptioningService: {
    /** `https` on a public host */
    url: string;
    /** Signs the message (Standard Webhooks); without it, the message is not signed */
    secret?: string;
  };
  ChangeTrack: {
    /** BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
    language?: string;
    /** null: none */
    name?: string | null;
    /** Of sound; null: the film's own */
    role?: 'commentary' | 'description' | 'clean_speech' | null;
    /** `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows */
    kind?: 'subtitles' | 'captions' | 'forced' | 'descriptions';
    default?: boolean;
    /** Of text: how much later cues are shown than their file says */
    shiftMs?: number;
  };
  ReplaceText: { source?: Schemas['TrackSource']; object?: string; url?: string; upload?: string };
  ChapterList: { languages: { language: string; chapters: { start: number; title: string }[] }[] };
  Chapters: {
    chapters: {
      /** Seconds; a chapter ends where the next begins */
      start: number;
      title: string;
    }[];
  };
  Job: {
    id: string;
    assetId: string;
    version: string;
    status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
    priority: number;
    retryOf: string | null;
    /** The track that it adds to the version */
    track: string | null;
    progress: number;
    error: { code: string; message: string } | null;
    /** Of the inspection while it encodes; of all tasks when it is done */
    warnings: Schemas['Warning'][];
    createdAt: string;
    updatedAt: string;
  };
  JobDetail: Schemas['Job'] & {
    tasks: {
      id: string;
      /** `inspect`, `inspect_sound`, `chunk` or `audio` */
      kind: string;
      state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
      progress: number;
      attempt: number;
      failures: number;
      encoder: string | null;
      error: { code: string; message: string; detail?: string } | null;
    }[];
  };
  ChangeJob: { priority: number };
  Encoder: {
    id: string;
    version: string;
    cores: number;
    memoryBytes: number;
    freeCores?: number;
    freeMemoryBytes?: number;
    load?: number;
    features?: string[];
    /** `gone`: silent for a minute; forgotten after a day */
    state: 'active' | 'idle' | 'gone';
    /** Leases held now */
    tasks: number;
    firstSeenAt: string;
    lastSeenAt: string;
  };
  DeadTask: {
    id: string;
    jobId: string;
    kind: string;
    state: 'dead';
    attempt: number;
    failures: number;
    encoder: string | null;
    /** Error of the last attempt; `detail` is the end of the program's stderr */
    error: { code: string; message: string; detail?: string };
    endedAt: string;
  };
  /** The fields of one server-sent event; `data` is JSON */
  JobStreamEvent:
    | {
        event: 'state';
        /** For `Last-Event-ID` */
        id: string;
        data: Schemas['Job'];
      }
    | {
        event: 'progress';
        /** For `Last-Event-ID` */
        id: string;
        data: Schemas['JobProgress'];
      };
  JobProgress: {
    progress: number;
    frames: number;
    totalFrames: number;
    fps: number | null;
    /** Multiple of real time; null while unknown */
    speed: number | null;
    etaSeconds: number | null;
    /** Tasks that have changed since the last event; the first event has all */
    tasks: {
      id: string;
      /** `inspect`, `inspect_sound`, `chunk` or `audio` */
      kind: string;
      state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
      progress: number;
      attempt: number;
      encoder: string | null;
      frames: number | null;
      totalFrames: number | null;
    }[];
  };
  Link: {
    token: string;
    /** ID by which the link can be revoked */
    jti: string;
    expiresAt: string;
    hls: string;
    dash: string;
    watch: string;
  };
  ImageLink: {
    token: string;
    /** ID by which the link can be revoked */
    jti: string;
    expiresAt: string;
    /** Ends in a slash; append the name of the image */
    images: string;
  };
  CreateLink: {
    /** Seconds */
    expiresIn: number;
    /** Playback or the images of the asset; `maxHeight` and `limits` apply to playback only */
    audience?: 'video' | 'image';
    viewer?: string;
    rules?: {
      countries?: { allow?: string[]; deny?: string[] };
      ips?: { allow?: string[]; deny?: string[] };
      origins?: { allow?: string[]; deny?: string[] };
      userAgents?: { allow?: string[]; deny?: string[] };
    };
    maxHeight?: number;
    /** Only together with `viewer` */
    limits?: { sessions: number; policy?: 'reject-new' | 'evict-oldest' };
  };
  LinkExplanation: {
    allowed: boolean;
    code?: string;
    /** What decided: a claim or the kind of revocation */
    claim?: string;
    detail?: string;
    asset: string | null;
    /** Null until the signature is verified; never the token */
    claims: {
      sub: string;
      exp: number;
      nbf?: number;
      aud?: string | string[];
      jti?: string;
      viewer?: string;
      rules?: {
        countries?: { allow?: string[]; deny?: string[] };
        ips?: { allow?: string[]; deny?: string[] };
        origins?: { allow?: string[]; deny?: string[] };
        userAgents?: { allow?: string[]; deny?: string[] };
      };
      maxHeight?: number;
      limits?: { sessions: number; policy?: 'reject-new' | 'evict-oldest' };
      kid: string;
    } | null;
    /** In the order in which they are checked, up to the one that refuses */
    rules: { rule: string; passed: boolean; why: string }[];
  };
  ExplainLink: {
    /** A link token, or the id of a public asset */
    link: string;
    /** What the request asks for */
    audience?: 'video' | 'image';
    /** Time to check the link at; now by default */
    at?: string;
    ip?: string;
    country?: string;
    origin?: string;
    userAgent?: string;
  };
  CreatedSigningKey: {
    kid: string;
    alg: 'ES256' | 'EdDSA' | 'RS256';
    jwk:
      | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
      | { kty: 'OKP'; crv: 'Ed25519'; x: string }
      | { kty: 'RSA'; n: string; e: 'AQAB' };
    createdAt: string;
    /** Returned only here and not stored */
    privateJwk?: Record<string, unknown>;
  };
  CreateSigningKey: { publicJwk: Record<string, unknown>; kid?: string } | { alg?: 'ES256' | 'EdDSA' | 'RS256' };
  Revocation: {
    kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
    /** A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
    value: string;
    reason: string | null;
    /** When the entry is forgotten; null for never */
    expiresAt: string | null;
    createdAt: string;
  };
  CreateRevocation: {
    kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
    /** A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
    value: string;
    /** For your records; not shown to players */
    reason?: string;
    /** Between 1970 and 9998: when what is revoked ends by itself, so that the entry can be forgotten. Of a link its `exp`, of a key when its last link expires; the entry then stays 7 days longer, for sessions. Left out: a session 7 days, all else for good. */
    expiresAt?: string;
  };
  Webhook: {
    id: string;
    url: string;
    types:
      | (
          | 'asset.waiting'
          | 'asset.queued'
          | 'asset.encoding'
          | 'asset.ready'
          | 'asset.failed'
          | 'asset.ready_partial'
          | 'asset.updated'
          | 'asset.deleted'
          | 'job.queued'
          | 'job.running'
          | 'job.failed'
          | 'job.cancelled'
        )[]
      | null;
    disabled: boolean;
    disabledReason: string | null;
    /** Every attempt since this time has failed */
    failingSince: string | null;
    createdAt: string;
    updatedAt: string;
  };
  WebhookWithSecret: Schemas['Webhook'] & {
    /** Returned only here */
    secret: string;
  };
  CreateWebhook: {
    /** `https` on a public host; redirects are not followed */
    url: string;
    /** If omitted, all types, including ones added later */
    types?: (
      | 'asset.waiting'
      | 'asset.queued'
      | 'asset.encoding'
      | 'asset.ready'
      | 'asset.failed'
      | 'asset.ready_partial'
      | 'asset.updated'
      | 'asset.deleted'
      | 'job.queued'
      | 'job.running'
      | 'job.failed'
      | 'job.cancelled'
    )[];
  };
  ChangeWebhook: {
    url?: string;
    /** Null for all types */
    types?:
      | (
          | 'asset.waiting'
          | 'asset.queued'
          | 'asset.encoding'
          | 'asset.ready'
          | 'asset.failed'
          | 'asset.ready_partial'
          | 'asset.updated'
          | 'asset.deleted'
          | 'job.queued'
          | 'job.running'
          | 'job.failed'
          | 'job.cancelled'
        )[]
      | null;
    disabled?: boolean;
  };
  Delivery: {
    eventId: string;
    type: string;
    asset: string;
    sequence: number;
    state: 'pending' | 'delivered' | 'dead';
    attempts: number;
    /** HTTP status of the last answer */
    status: number | null;
    error: string | null;
    lastAttemptAt: string | null;
    nextAttemptAt: string | null;
    createdAt: string;
  };
  GcRun: {
    id: string;
    state: 'running' | 'done' | 'failed';
    dryRun: boolean;
    orphans: boolean;
    startedAt: string;
    endedAt: string | null;
    listed: number;
    kept: {
      reason:
        | 'current'
        | 'job_active'
        | 'source_of_asset'
        | 'source_unclaimed'
        | 'edge_state'
        | 'presentation_unreadable'
        | 'unknown_asset'
        | 'unknown_version'
        | 'unknown_key'
        | 'young'
        | 'job_ended_lately'
        | 'sessions_may_play'
        | 'asset_deleted_lately'
        | 'changed'
        | 'asset_deleted'
        | 'lost_attempt'
        | 'never_published'
        | 'superseded'
        | 'track_replaced'
        | 'orphan';
      objects: number;
      bytes: number;
      samples: string[];
    }[];
    waiting: {
      reason:
        | 'current'
        | 'job_active'
        | 'source_of_asset'
        | 'source_unclaimed'
        | 'edge_state'
        | 'presentation_unreadable'
        | 'unknown_asset'
        | 'unknown_version'
        | 'unknown_key'
        | 'young'
        | 'job_ended_lately'
        | 'sessions_may_play'
        | 'asset_deleted_lately'
        | 'changed'
        | 'asset_deleted'
        | 'lost_attempt'
        | 'never_published'
        | 'superseded'
        | 'track_replaced'
        | 'orphan';
      objects: number;
      bytes: number;
      samples: string[];
    }[];
    deleted: {
      reason:
        | 'current'
        | 'job_active'
        | 'source_of_asset'
        | 'source_unclaimed'
        | 'edge_state'
        | 'presentation_unreadable'
        | 'unknown_asset'
        | 'unknown_version'
        | 'unknown_key'
        | 'young'
        | 'job_ended_lately'
        | 'sessions_may_play'
        | 'asset_deleted_lately'
        | 'changed'
        | 'asset_deleted'
        | 'lost_attempt'
        | 'never_published'
        | 'superseded'
        | 'track_replaced'
        | 'orphan';
      objects: number;
      bytes: number;
      samples: string[];
    }[];
    error: string | null;
  };
  NewGcRun: { dryRun: boolean; orphans?: boolean };
  Views: Schemas['LiveViews'] & {
    assetId: string;
    /** Seconds of media that make a session a view */
    viewSeconds: number;
    from: string;
    to: string;
    resolution: 'minute' | 'hour' | 'day';
    /** Start of what is kept at this resolution */
    keptFrom: string;
    /** Oldest first; empty intervals have no point */
    series: {
      start: string;
      views: number;
      minutes: number;
      peakWatching: number;
      /** An estimate; only for days */
      viewers?: number;
      /** By value of the requested dimension. A rendition has minutes but no views of its own */
      by?: Record<string, { views: number; minutes: number }>;
    }[];
  };
  Retention: {
    /** Null if nobody has watched the asset */
    version: string | null;
    segmentSeconds: number | null;
    sessions: number;
    curve: {
      segment: number;
      startSeconds: number;
      sessions: number;
      /** Share of the sessions that were given any segment */
      share: number;
    }[];
  };
  TopAssets: {
    window: 'now' | 'today' | 'all';
    assets: {
      id: string;
      title: string;
      /** `now`: sessions watching; `today`: views since midnight UTC; `all`: views */
      number: number;
    }[];
  };
  /** The fields of one server-sent event; `data` is JSON */
  ViewsStreamEvent: { event: 'views'; data: Schemas['LiveViews'] };
  ForgottenViewer: {
    /** Assets whose counters this call has cleared */
    assets: number;
    /** Sessions that were tied to the viewer until now. Counters of a small audience keep no such tie */
    sessions: number;
    /** 1 if the viewer's concurrency limiter held anything, else 0 */
    streams: number;
    complete: boolean;
  };
};

export type Calls = {
  'POST /assets': { request: { body: Schemas['CreateAsset'] }; answer: Schemas['Asset'] };
  'GET /assets': {
    request: {
      query?: {
        cursor?: string;
        limit?: number;
        /** Only rows with any warning, with none, or with one of this code */
        warnings?:
          | 'any'
          | 'none'
          | 'picture_late'
          | 'picture_held'
          | 'start_undecodable'
          | 'picture_damaged'
          | 'end_damaged'
          | 'frames_missing'
          | 'frames_dropped'
          | 'times_repaired'
          | 'times_guessed'
          | 'size_changes'
          | 'deinterlaced'
          | 'alpha_composed'
          | 'hdr_to_sdr'
          | 'gamut_reduced'
          | 'sound_gaps_filled'
          | 'sound_overlaps_cut'
          | 'sound_drift_corrected'
          | 'sound_format_changes'
          | 'sound_damaged'
          | 'surround_to_stereo'
          | 'sound_attenuated'
          | 'dub_length_differs'
          | 'text_damaged'
          | 'text_cut'
          | 'track_dropped';
        q?: string;
      };
    };
    answer: { assets: Schemas['Asset'][]; nextCursor: string | null };
  };
  'POST /assets/{id}/clips': {
    request: { path: { id: string }; body: Schemas['CreateClip'] };
    answer: Schemas['Asset'];
  };
  'GET /assets/{id}': { request: { path: { id: string } }; answer: Schemas['AssetDetail'] };
  'PATCH /assets/{id}': { request: { path: { id: string }; body: Schemas['ChangeAsset'] }; answer: Schemas['Asset'] };
  'DELETE /assets/{id}': { request: { path: { id: string } }; answer: null };
  'GET /assets/{id}/tracks': { request: { path: { id: string } }; answer: Schemas['TrackList'] };
  'POST /assets/{id}/tracks': {
    request: {
      path: { id: string };
      query?: {
        /** `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows */
        kind?: 'subtitles' | 'captions' | 'forced' | 'descriptions';
        /** BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language?: string;
        name?: string;
        default?: 'true' | 'false';
      };
      body: Schemas['AddTrack'];
    };
    answer: Schemas['Track'];
  };
  'PATCH /assets/{id}/tracks/{track}': {
    request: { path: { id: string; track: string }; body: Schemas['ChangeTrack'] };
    answer: Schemas['Track'];
  };
  'DELETE /assets/{id}/tracks/{track}': { request: { path: { id: string; track: string } }; answer: null };
  'PUT /assets/{id}/tracks/{track}/text': {
    request: { path: { id: string; track: string }; body: Schemas['ReplaceText'] };
    answer: Schemas['Track'];
  };
  'GET /assets/{id}/tracks/{track}/text': {
    request: { path: { id: string; track: string }; query?: { format?: 'vtt' | 'srt' | 'txt' } };
    answer: null;
  };
  'GET /assets/{id}/chapters': { request: { path: { id: string } }; answer: Schemas['ChapterList'] };
  'PUT /assets/{id}/chapters/{language}': {
    request: {
      path: {
        id: string;
        /** BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language: string;
      };
      body: Schemas['Chapters'];
    };
    answer: Schemas['ChapterList'];
  };
  'DELETE /assets/{id}/chapters/{language}': {
    request: {
      path: {
        id: string;
        /** BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language: string;
      };
    };
    answer: null;
  };
  'GET /jobs': {
    request: {
      query?: {
        cursor?: string;
        limit?: number;
        /** Only rows with any warning, with none, or with one of this code */
        warnings?:
          | 'any'
          | 'none'
          | 'picture_late'
          | 'picture_held'
          | 'start_undecodable'
          | 'picture_damaged'
          | 'end_damaged'
          | 'frames_missing'
          | 'frames_dropped'
          | 'times_repaired'
          | 'times_guessed'
          | 'size_changes'
          | 'deinterlaced'
          | 'alpha_composed'
          | 'hdr_to_sdr'
          | 'gamut_reduced'
          | 'sound_gaps_filled'
          | 'sound_overlaps_cut'
          | 'sound_drift_corrected'
          | 'sound_format_changes'
          | 'sound_damaged'
          | 'surround_to_stereo'
          | 'sound_attenuated'
          | 'dub_length_differs'
          | 'text_damaged'
          | 'text_cut'
          | 'track_dropped';
      };
    };
    answer: { jobs: Schemas['Job'][]; nextCursor: string | null };
  };
  'GET /jobs/{id}': { request: { path: { id: string } }; answer: Schemas['JobDetail'] };
  'PATCH /jobs/{id}': { request: { path: { id: string }; body: Schemas['ChangeJob'] }; answer: Schemas['JobDetail'] };
  'POST /jobs/{id}/cancel': { request: { path: { id: string } }; answer: Schemas['JobDetail'] };
  'POST /jobs/{id}/retry': { request: { path: { id: string } }; answer: Schemas['JobDetail'] };
  'GET /encoders': { answer: { encoders: Schemas['Encoder'][] } };
  'GET /tasks': {
    request: { query: { state: 'dead'; cursor?: string; limit?: number } };
    answer: { tasks: Schemas['DeadTask'][]; nextCursor: string | null };
  };
  'GET /jobs/{id}/events': {
    request: {
      path: { id: string };
      header?: {
        /** `id` of the last event received; progress then never goes back */
        'last-event-id'?: string;
      };
    };
    answer: null;
    event: Schemas['JobStreamEvent'];
  };
  'GET /events': {
    request: { query?: { cursor?: string; limit?: number; asset?: string } };
    answer: { events: Schemas['Event'][]; nextCursor: string | null };
  };
  'POST /assets/{id}/links': {
    request: { path: { id: string }; body: Schemas['CreateLink'] };
    answer: Schemas['Link'] | Schemas['ImageLink'];
  };
  'POST /links/explain': { request: { body: Schemas['ExplainLink'] }; answer: Schemas['LinkExplanation'] };
  'GET /signing-keys': {
    answer: {
      keys: {
        kid: string;
        alg: 'ES256' | 'EdDSA' | 'RS256';
        jwk:
          | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
          | { kty: 'OKP'; crv: 'Ed25519'; x: string }
          | { kty: 'RSA'; n: string; e: 'AQAB' };
        createdAt: string;
      }[];
    };
  };
  'POST /signing-keys': { request: { body: Schemas['CreateSigningKey'] }; answer: Schemas['CreatedSigningKey'] };
  'DELETE /signing-keys/{kid}': { request: { path: { kid: string } }; answer: null };
  'POST /revocations': { request: { body: Schemas['CreateRevocation'] }; answer: Schemas['Revocation'] };
  'GET /revocations': {
    request: {
      query?: {
        cursor?: string;
        limit?: number;
        kind?: 'session' | 'link' | 'viewer' | 'asset' | 'key';
        /** A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
        value?: string;
      };
    };
    answer: { revocations: Schemas['Revocation'][]; nextCursor: string | null };
  };
  'DELETE /revocations': {
    request: {
      query: {
        kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
        /** A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
        value: string;
      };
    };
    answer: null;
  };
  'GET /webhooks': { answer: { webhooks: Schemas['Webhook'][] } };
  'POST /webhooks': { request: { body: Schemas['CreateWebhook'] }; answer: Schemas['WebhookWithSecret'] };
  'GET /webhooks/{id}': { request: { path: { id: string } }; answer: Schemas['Webhook'] };
  'PATCH /webhooks/{id}': {
    request: { path: { id: string }; body: Schemas['ChangeWebhook'] };
    answer: Schemas['Webhook'];
  };
  'DELETE /webhooks/{id}': { request: { path: { id: string } }; answer: null };
  'POST /webhooks/{id}/rotate-secret': { request: { path: { id: string } }; answer: Schemas['WebhookWithSecret'] };
  'POST /webhooks/{id}/test': {
    request: { path: { id: string } };
    answer: { delivered: boolean; status: number | null; error: string | null };
  };
  'GET /webhooks/{id}/deliveries': {
    request: {
      path: { id: string };
      query?: { cursor?: string; limit?: number; state?: 'pending' | 'delivered' | 'dead' };
    };
    answer: { deliveries: Schemas['Delivery'][]; nextCursor: string | null };
  };
  'POST /webhooks/{id}/deliveries/{eventId}/redeliver': {
    request: { path: { id: string; eventId: string } };
    answer: Schemas['Delivery'];
  };
  'POST /gc-runs': { request: { body: Schemas['NewGcRun'] }; answer: Schemas['GcRun'] };
  'GET /gc-runs': { request: { query?: { limit?: number } }; answer: { runs: Schemas['GcRun'][] } };
  'GET /gc-runs/{id}': { request: { path: { id: string } }; answer: Schemas['GcRun'] };
  'GET /assets/{id}/views': {
    request: {
      path: { id: string };
      query?: {
        /** Between 1970 and 9998 */
        from?: string;
        /** Between 1970 and 9998 */
        to?: string;
        resolution?: 'minute' | 'hour' | 'day';
        by?: 'country' | 'device' | 'rendition';
        format?: 'json' | 'csv' | 'ndjson';
      };
    };
    answer: Schemas['Views'];
  };
  'GET /assets/{id}/retention': {
    request: { path: { id: string }; query?: { version?: string } };
    answer: Schemas['Retention'];
  };
  'GET /views/top': {
    request: { query?: { window?: 'now' | 'today' | 'all'; limit?: number } };
    answer: Schemas['TopAssets'];
  };
  'GET /assets/{id}/views/events': {
    request: { path: { id: string } };
    answer: null;
    event: Schemas['ViewsStreamEvent'];
  };
  'DELETE /viewers/{viewer}': { request: { path: { viewer: string } }; answer: Schemas['ForgottenViewer'] };
};
