/** Types of the API. `npm run client` generates this file from the OpenAPI document: do not edit it. */

export interface paths {
  '/uploads': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List uploads, newest first; those that are no source are kept for 30 days */
    get: operations['listUploads'];
    put?: never;
    /** Create an upload, by tus 1.0.0 or the IETF draft; `link` replaces the token */
    post: operations['createUpload'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/uploads/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read an upload */
    get: operations['getUpload'];
    put?: never;
    post?: never;
    /** Give up an upload that is not finished; its own URL needs no token for that */
    delete: operations['deleteUpload'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List assets, newest first */
    get: operations['listAssets'];
    put?: never;
    /** Create an asset and its encode job */
    post: operations['createAsset'];
    delete?: never;
    options?: never;
    head?: never;
    /** Change many assets alike */
    patch: operations['updateAssets'];
    trace?: never;
  };
  '/assets/{id}/clips': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Create an asset of a part of this one, from the same source */
    post: operations['createClip'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/facets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Count assets by what they can be filtered by: the 100 most frequent values of each filter */
    get: operations['listAssetFacets'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read an asset */
    get: operations['getAsset'];
    put?: never;
    post?: never;
    /** Delete an asset; playback ends within seconds, garbage collection removes its objects later */
    delete: operations['deleteAsset'];
    options?: never;
    head?: never;
    /** Change what is named; null clears */
    patch: operations['updateAsset'];
    trace?: never;
  };
  '/assets/{id}/source': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Encode another file as the next version; the one that plays stays until it is ready */
    post: operations['replaceSource'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/versions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the versions of an asset, newest first; at most 100 */
    get: operations['listVersions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/versions/{version}/current': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Make an earlier version the one that plays; sessions that run stay on theirs */
    post: operations['makeVersionCurrent'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/uploads/direct': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Begin an upload straight to the bucket */
    post: operations['createDirectUpload'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/uploads/direct/{id}/parts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Get URLs to PUT parts to; can be repeated */
    post: operations['signPartUrls'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/uploads/direct/{id}/complete': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Make the file of its parts, and the asset if one was described; can be repeated */
    post: operations['completeDirectUpload'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/tracks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the tracks of an asset: picture, sound, text */
    get: operations['listTracks'];
    put?: never;
    /** Add a text track or a dub; new sessions have a text track within seconds */
    post: operations['addTrack'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/tracks/{track}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Delete a track; sessions that began before play on with it */
    delete: operations['deleteTrack'];
    options?: never;
    head?: never;
    /** Change the labels of a track, or when its cues are shown; nothing is encoded */
    patch: operations['updateTrack'];
    trace?: never;
  };
  '/assets/{id}/tracks/{track}/text': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Download the cues of a text track, as they are shown */
    get: operations['getTrackText'];
    /** Replace the cues of a text track */
    put: operations['replaceTrackText'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/chapters': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the chapters of an asset, by language */
    get: operations['listChapters'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/chapters/{language}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /** Set the chapters of a language; an empty list removes them */
    put: operations['setChapters'];
    post?: never;
    /** Remove the chapters of a language, also those of the source */
    delete: operations['deleteChapters'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/uploads/links': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Create a URL that makes one upload, for another person's browser */
    post: operations['createUploadLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List jobs, newest first */
    get: operations['listJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a job and its tasks */
    get: operations['getJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /** Change the priority of a job's waiting tasks */
    patch: operations['updateJob'];
    trace?: never;
  };
  '/jobs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Cancel a job that has not ended */
    post: operations['cancelJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Retry a failed or cancelled job; finished tasks are kept where possible */
    post: operations['retryJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/encoders': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the encoders seen within a day, last seen first, at most 1000 */
    get: operations['listEncoders'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List dead tasks, newest first */
    get: operations['listDeadTasks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Follow a job: server-sent events `state` and `progress` until it ends, at most 5 minutes at a time */
    get: operations['streamJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List events, newest first; kept for 30 days */
    get: operations['listEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/links': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Sign a link */
    post: operations['createLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/links/explain': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Explain whether a request with this link would be allowed, and which rule decides */
    post: operations['explainLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/signing-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List signing keys */
    get: operations['listSigningKeys'];
    put?: never;
    /** Create a key pair or register a public key; can be repeated */
    post: operations['createSigningKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/signing-keys/{kid}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Delete a key; its links, and sessions started with them, stop playing within seconds */
    delete: operations['deleteSigningKey'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/revocations': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List active revocations, newest first */
    get: operations['listRevocations'];
    put?: never;
    /** Revoke a session, link, viewer, asset or key; can be repeated */
    post: operations['createRevocation'];
    /** Delete a revocation */
    delete: operations['deleteRevocation'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List webhooks, oldest first */
    get: operations['listWebhooks'];
    put?: never;
    /** Create a webhook, which receives events from now on */
    post: operations['createWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a webhook */
    get: operations['getWebhook'];
    put?: never;
    post?: never;
    /** Delete a webhook and its pending deliveries */
    delete: operations['deleteWebhook'];
    options?: never;
    head?: never;
    /** Change the URL or types, disable or enable; a disabled webhook misses the events of that time */
    patch: operations['updateWebhook'];
    trace?: never;
  };
  '/webhooks/{id}/rotate-secret': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Create a new secret; the previous one also signs for 24 hours */
    post: operations['rotateWebhookSecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/webhooks/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send a `webhook.test` message now and return the result */
    post: operations['testWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/webhooks/{id}/deliveries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List deliveries, newest first; `state=dead` lists those that were given up */
    get: operations['listDeliveries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/webhooks/{id}/deliveries/{eventId}/redeliver': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Redeliver an event with a full set of attempts; later events do not wait. A pending delivery is tried at once */
    post: operations['redeliverEvent'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/gc-runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List runs of garbage collection, newest first */
    get: operations['listGcRuns'];
    put?: never;
    /** Start garbage collection or a dry run of it */
    post: operations['startGcRun'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/gc-runs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a run: what it kept and deleted, and why */
    get: operations['getGcRun'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/views': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get the views of an asset: current totals and a series by minute, hour or day, as JSON, CSV or NDJSON */
    get: operations['getViews'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/retention': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get the retention of an asset: how many sessions were given each segment */
    get: operations['getRetention'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/views/top': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the most-watched assets: now, today (UTC) or of all time; of today and all time at most an hour old */
    get: operations['listTopAssets'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/assets/{id}/views/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Follow the views of an asset: a server-sent event `views` whenever they change, at most 5 minutes at a time */
    get: operations['streamViews'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/viewers/{viewer}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Erase a viewer from all view counters; can be repeated */
    delete: operations['forgetViewer'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api-tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List API tokens, newest first; revoked and expired ones for 90 days */
    get: operations['listApiTokens'];
    put?: never;
    /** Create an API token; it is shown once */
    post: operations['createApiToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api-tokens/current': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read what the calling token may do; any token may */
    get: operations['getCurrentApiToken'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api-tokens/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revoke an API token; can be repeated */
    delete: operations['revokeApiToken'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List changes made through the API in the last 90 days, newest first */
    get: operations['listChanges'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export interface webhooks {
  message: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** A signed message (Standard Webhooks 1): an event, or the sample of `/webhooks/{id}/test` */
    post: operations['receiveWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export interface components {
  schemas: {
    AssetEvent: {
      /** @description The same in every delivery, and in the header `webhook-id`: use it to detect repeats */
      id: string;
      /** @enum {string} */
      type:
        | 'asset.waiting'
        | 'asset.queued'
        | 'asset.encoding'
        | 'asset.ready'
        | 'asset.failed'
        | 'asset.ready_source'
        | 'asset.ready_partial'
        | 'asset.source_withdrawn'
        | 'asset.updated'
        | 'asset.deleted'
        | 'job.queued'
        | 'job.running'
        | 'job.failed'
        | 'job.cancelled';
      /** Format: date-time */
      timestamp: string;
      /** @description 1, 2, … per asset, without gaps */
      sequence: number;
      data: {
        asset: components['schemas']['AssetThen'];
        /** @description The asset's latest job */
        job: {
          id: string;
          assetId: string;
          version: string;
          /** @enum {string} */
          status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
          priority: number;
          retryOf: string | null;
          /** @description The track that it adds to the version */
          track: string | null;
          error: {
            code: string;
            message: string;
          } | null;
          /** @description Of the inspection while it encodes; of all tasks when it is done */
          warnings: components['schemas']['Warning'][];
          /** Format: date-time */
          createdAt: string;
          /** Format: date-time */
          updatedAt: string;
        } | null;
      };
    };
    AssetThen: {
      id: string;
      title: string;
      /** @enum {string} */
      policy: 'signed' | 'public';
      disabled: boolean;
      prewarm: boolean;
      /** @enum {string} */
      status: 'waiting' | 'queued' | 'encoding' | 'ready' | 'failed';
      /**
       * @description What plays: `source` is the uploaded file itself, `partial` an early rendition and the sound, for the whole duration; the other tracks follow
       * @enum {string}
       */
      ready: 'no' | 'source' | 'partial' | 'full';
      error: {
        code: string;
        message: string;
      } | null;
      /** @description What the version that plays loses, changes or repairs of its source; before that, of the job under way */
      warnings: components['schemas']['Warning'][];
      options?: {
        start?: number;
        end?: number;
        audio?: {
          dolby?: boolean;
          loudness?: number;
        };
        maxSeconds?: number;
      };
      version: string | null;
      revision: number | null;
      durationSeconds: number | null;
      width: number | null;
      height: number | null;
      description?: string;
      tags?: string[];
      categories?: string[];
      externalId?: string;
      metadata?: {
        [key: string]: unknown;
      };
      creatorId?: string;
      /** Format: date-time */
      publishAt?: string;
      /** Format: date-time */
      unpublishAt?: string;
      /** Format: date-time */
      deleteAt?: string;
      job: {
        id: string;
        /** @enum {string} */
        status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
      } | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
    };
    Warning: {
      /** @description Stable; codes are added over time */
      code: string;
      message: string;
      /** @description Seconds from the film's start; the first place of several */
      at?: number;
    };
    UploadEvent: {
      /** @description The same in every delivery, and in the header `webhook-id`: use it to detect repeats */
      id: string;
      /** @enum {string} */
      type: 'upload.created' | 'upload.finished' | 'upload.failed' | 'upload.expired' | 'upload.deleted';
      /** Format: date-time */
      timestamp: string;
      /** @description 1, 2 of the upload */
      sequence: number;
      data: {
        upload: components['schemas']['Upload'];
      };
    };
    Upload: {
      /** @description Names the upload, also as `{upload}`. It does not open it: its URL does */
      id: string;
      /**
       * @description `part`: to be concatenated; `whole`: of parts; `direct`: to the bucket, by presigned URLs
       * @enum {string}
       */
      kind: 'file' | 'part' | 'whole' | 'direct';
      /** @enum {string} */
      state: 'open' | 'finished' | 'failed' | 'expired' | 'deleted';
      fileName: string;
      contentType: string | null;
      /** @description Null until it is known */
      lengthBytes: number | null;
      /** @description The asset that the finished upload has become */
      asset: string | null;
      creatorId: string | null;
      /** @description Whether the file plays as it is, or why not; null until it has been looked at */
      look:
        | {
            /** @enum {boolean} */
            standard: true;
            sizeBytes: number;
            durationSeconds: number;
            width: number;
            height: number;
            frameRate: number;
          }
        | {
            /** @enum {boolean} */
            standard: false;
            /** @enum {string} */
            code:
              | 'not_mp4'
              | 'fragmented'
              | 'index_missing'
              | 'index_too_large'
              | 'index_damaged'
              | 'encrypted'
              | 'external_data'
              | 'video_missing'
              | 'video_codec'
              | 'video_interlaced'
              | 'video_hdr'
              | 'video_size'
              | 'video_rotation'
              | 'audio_codec'
              | 'parameter_sets'
              | 'edit_list'
              | 'timing'
              | 'tracks_unequal'
              | 'key_frames_missing'
              | 'key_frames_far'
              | 'open_gop'
              | 'interleaving'
              | 'source_name'
              | 'source_changed';
            message: string;
          }
        | null;
      error: {
        code: string;
        message: string;
      } | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      /**
       * Format: date-time
       * @description When it is given up; null once it has ended
       */
      expiresAt: string | null;
      /** Format: date-time */
      finishedAt: string | null;
    };
    WebhookTest: {
      id: string;
      /** @enum {string} */
      type: 'webhook.test';
      /** Format: date-time */
      timestamp: string;
      data: Record<string, never>;
    };
    /** @description RFC 9457; `code` is stable */
    Problem: {
      type: string;
      title: string;
      status: number;
      code: string;
      detail?: string;
      errors?: {
        path: string;
        message: string;
      }[];
      /** @description Of `gc_run_active`: the run under way */
      id?: string;
      /** @description Of `range_too_large`: how many points were asked for */
      points?: number;
      maxPoints?: number;
      /** @description What could be asked for instead */
      fits?: {
        /** Format: date-time */
        from: string;
        /** Format: date-time */
        to: string;
        resolution: string;
      };
    };
    Asset: {
      id: string;
      title: string;
      /** @enum {string} */
      policy: 'signed' | 'public';
      disabled: boolean;
      prewarm: boolean;
      /** @enum {string} */
      status: 'waiting' | 'queued' | 'encoding' | 'ready' | 'failed';
      /**
       * @description What plays: `source` is the uploaded file itself, `partial` an early rendition and the sound, for the whole duration; the other tracks follow
       * @enum {string}
       */
      ready: 'no' | 'source' | 'partial' | 'full';
      /** @description Progress of the latest job */
      progress: number;
      error: {
        code: string;
        message: string;
      } | null;
      /** @description What the version that plays loses, changes or repairs of its source; before that, of the job under way */
      warnings: components['schemas']['Warning'][];
      options?: {
        start?: number;
        end?: number;
        audio?: {
          dolby?: boolean;
          loudness?: number;
        };
        maxSeconds?: number;
      };
      /**
       * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
       * @enum {string}
       */
      encode: 'always' | 'onDemand' | 'never';
      version: string | null;
      revision: number | null;
      durationSeconds: number | null;
      width: number | null;
      height: number | null;
      description?: string;
      tags?: string[];
      categories?: string[];
      externalId?: string;
      metadata?: {
        [key: string]: unknown;
      };
      creatorId?: string;
      /** Format: date-time */
      publishAt?: string;
      /** Format: date-time */
      unpublishAt?: string;
      /** Format: date-time */
      deleteAt?: string;
      job: {
        id: string;
        /** @enum {string} */
        status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
      } | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
    };
    CreateAsset: {
      title?: string;
      /**
       * @default signed
       * @enum {string}
       */
      policy?: 'signed' | 'public';
      /** @default false */
      prewarm?: boolean;
      audio?: {
        dolby?: boolean;
        loudness?: number;
      };
      /**
       * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
       * @enum {string}
       */
      encode?: 'always' | 'onDemand' | 'never';
      /** @default 50 */
      priority?: number;
      description?: string | null;
      tags?: string[] | null;
      categories?: string[] | null;
      /** @description The ID in your system. Several assets may have the same */
      externalId?: string | null;
      /** @description An object of your own, up to 8 KB of JSON; replaced as a whole */
      metadata?: {
        [key: string]: unknown;
      } | null;
      /** @description Who made it, in your system */
      creatorId?: string | null;
      /**
       * Format: date-time
       * @description It does not play before
       */
      publishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on
       */
      unpublishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on, and is deleted within two minutes
       */
      deleteAt?: string | null;
      source: components['schemas']['Source'];
    };
    Source:
      | {
          /** @description A key below `sources/` in the bucket; at most 1,024 bytes of UTF-8 */
          object: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
        }
      | {
          /**
           * Format: uri
           * @description URL on a public host; redirects are followed and each is checked
           */
          url: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
        }
      | {
          /** @description A finished upload: its ID, or the last step of its URL */
          upload: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
        };
    CreateClip: {
      start: number;
      end: number;
      title?: string;
      /** @enum {string} */
      policy?: 'signed' | 'public';
      /**
       * @description A part of a film is always encoded
       * @enum {string}
       */
      encode?: 'always';
    };
    ChangeAssets: {
      ids: string[];
      change: components['schemas']['ChangeAsset'];
    };
    ChangeAsset: {
      title?: string;
      /** @enum {string} */
      policy?: 'signed' | 'public';
      disabled?: boolean;
      prewarm?: boolean;
      /**
       * @description `always` also encodes what was not encoded: a film that plays as it was uploaded, or has failed as `source_not_playable`. Other changes hold for later jobs
       * @enum {string}
       */
      encode?: 'always' | 'onDemand' | 'never';
      description?: string | null;
      tags?: string[] | null;
      categories?: string[] | null;
      /** @description The ID in your system. Several assets may have the same */
      externalId?: string | null;
      /** @description An object of your own, up to 8 KB of JSON; replaced as a whole */
      metadata?: {
        [key: string]: unknown;
      } | null;
      /** @description Who made it, in your system */
      creatorId?: string | null;
      /**
       * Format: date-time
       * @description It does not play before
       */
      publishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on
       */
      unpublishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on, and is deleted within two minutes
       */
      deleteAt?: string | null;
    };
    AssetDetail: components['schemas']['Asset'] & {
      /** @description At most two minutes old (see `/assets/{id}/views`); null if nobody has watched it */
      views: components['schemas']['LiveViews'] | null;
      /** @description Whether the file plays as it is, or why not; null until it has been looked at */
      look:
        | {
            /** @enum {boolean} */
            standard: true;
            sizeBytes: number;
            durationSeconds: number;
            width: number;
            height: number;
            frameRate: number;
          }
        | {
            /** @enum {boolean} */
            standard: false;
            /** @enum {string} */
            code:
              | 'not_mp4'
              | 'fragmented'
              | 'index_missing'
              | 'index_too_large'
              | 'index_damaged'
              | 'encrypted'
              | 'external_data'
              | 'video_missing'
              | 'video_codec'
              | 'video_interlaced'
              | 'video_hdr'
              | 'video_size'
              | 'video_rotation'
              | 'audio_codec'
              | 'parameter_sets'
              | 'edit_list'
              | 'timing'
              | 'tracks_unequal'
              | 'key_frames_missing'
              | 'key_frames_far'
              | 'open_gop'
              | 'interleaving'
              | 'source_name'
              | 'source_changed';
            message: string;
          }
        | null;
      /** @description What the ladder of a file that plays as it is costs to encode and to store; null for any other file */
      encodeEstimate: components['schemas']['EncodeEstimate'] | null;
    };
    LiveViews: {
      views: number;
      /** @description Estimate of distinct viewers, standard error 1.9 % */
      viewers: number;
      minutes: number;
      /** @description Sessions that fetched within the last 45 seconds */
      watching: number;
    };
    EncodeEstimate: {
      /** @description The uploaded file, which is kept either way */
      sourceBytes: number;
      /** @description Minutes of one core that all renditions take to encode */
      cpuMinutes: number;
      /** @description All renditions, beside the file */
      storageBytes: number;
    };
    NewSource:
      | {
          /** @description A key below `sources/` in the bucket; at most 1,024 bytes of UTF-8 */
          object: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
          audio?: {
            dolby?: boolean;
            loudness?: number;
          };
          /**
           * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
           * @enum {string}
           */
          encode?: 'always' | 'onDemand' | 'never';
          /** @default 50 */
          priority?: number;
        }
      | {
          /**
           * Format: uri
           * @description URL on a public host; redirects are followed and each is checked
           */
          url: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
          audio?: {
            dolby?: boolean;
            loudness?: number;
          };
          /**
           * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
           * @enum {string}
           */
          encode?: 'always' | 'onDemand' | 'never';
          /** @default 50 */
          priority?: number;
        }
      | {
          /** @description A finished upload: its ID, or the last step of its URL */
          upload: string;
          /** @description The film begins at the frame nearest to this second */
          start?: number;
          /** @description It ends there, or where the source does if that is earlier */
          end?: number;
          audio?: {
            dolby?: boolean;
            loudness?: number;
          };
          /**
           * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
           * @enum {string}
           */
          encode?: 'always' | 'onDemand' | 'never';
          /** @default 50 */
          priority?: number;
        };
    Version: {
      version: string;
      /**
       * @description `current` plays; `ready` can be made current; the objects of a `collected` one have been removed
       * @enum {string}
       */
      status: 'current' | 'ready' | 'encoding' | 'failed' | 'collected';
      revision: number | null;
      /** @description It is the uploaded file itself, and nothing encoded */
      fromSource: boolean;
      durationSeconds: number | null;
      width: number | null;
      height: number | null;
      job: {
        id: string;
        /** @enum {string} */
        status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
      };
      /** @description What it is encoded from, in the bucket */
      sourceKey: string | null;
      error: {
        code: string;
        message: string;
      } | null;
      warnings: components['schemas']['Warning'][];
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      publishedAt: string | null;
    };
    DirectUpload: {
      id: string;
      /** @description Of every part but the last */
      partBytes: number;
      /** @description Null where no `length` was given */
      partCount: number | null;
      /**
       * Format: date-time
       * @description Later with each call for URLs, up to six days after creation
       */
      expiresAt: string;
    };
    CreateDirectUpload: {
      filename: string;
      /** @description Bytes; where it is given, another length is refused */
      length?: number;
      contentType?: string;
      asset?: components['schemas']['AssetInput'];
      /** @description Who made it, in your system */
      creatorId?: string;
    };
    /** @description The asset that the finished upload becomes */
    AssetInput: {
      title?: string;
      /**
       * @default signed
       * @enum {string}
       */
      policy?: 'signed' | 'public';
      /** @default false */
      prewarm?: boolean;
      audio?: {
        dolby?: boolean;
        loudness?: number;
      };
      /**
       * @description Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as `source_not_playable`
       * @enum {string}
       */
      encode?: 'always' | 'onDemand' | 'never';
      /** @default 50 */
      priority?: number;
      description?: string | null;
      tags?: string[] | null;
      categories?: string[] | null;
      /** @description The ID in your system. Several assets may have the same */
      externalId?: string | null;
      /** @description An object of your own, up to 8 KB of JSON; replaced as a whole */
      metadata?: {
        [key: string]: unknown;
      } | null;
      /** @description Who made it, in your system */
      creatorId?: string | null;
      /**
       * Format: date-time
       * @description It does not play before
       */
      publishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on
       */
      unpublishAt?: string | null;
      /**
       * Format: date-time
       * @description It does not play from then on, and is deleted within two minutes
       */
      deleteAt?: string | null;
    };
    PartUrls: {
      parts: {
        number: number;
        /** Format: uri */
        url: string;
      }[];
      /**
       * Format: date-time
       * @description A PUT has to begin before this
       */
      expiresAt: string;
    };
    SignPartUrls: {
      numbers: number[];
    };
    CompleteDirectUpload: {
      parts: {
        number: number;
        /** @description The header `ETag` of the answer to its PUT */
        etag: string;
      }[];
    };
    TrackList: {
      tracks: components['schemas']['Track'][];
    };
    Track:
      | components['schemas']['VideoTrack']
      | components['schemas']['AudioTrack']
      | components['schemas']['TextTrack'];
    VideoTrack: {
      /** @enum {string} */
      kind: 'video';
      id: string;
      width: number;
      height: number;
      frameRate: number;
      codec: string;
      /** @description Peak, bits per second */
      bandwidth: number;
    };
    AudioTrack: {
      /** @enum {string} */
      kind: 'audio';
      id: string;
      language: string;
      name: string | null;
      default: boolean;
      /** @enum {string} */
      origin: 'source' | 'added';
      /**
       * @description `ready`: new sessions have it
       * @enum {string}
       */
      status: 'waiting' | 'ready' | 'failed';
      error: {
        code: string;
        message: string;
      } | null;
      warnings: components['schemas']['Warning'][];
      /** @enum {string|null} */
      role: 'commentary' | 'description' | 'clean_speech' | null;
      loudness: {
        integratedLufs: number | null;
        rangeLu: number;
        truePeakDbtp: number | null;
      } | null;
      formats: {
        id: string;
        codec: string;
        channels: number;
        /** @description Peak, bits per second */
        bandwidth: number;
      }[];
    };
    TextTrack: {
      /**
       * @description `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows
       * @enum {string}
       */
      kind: 'subtitles' | 'captions' | 'forced' | 'descriptions';
      id: string;
      language: string;
      name: string | null;
      default: boolean;
      /** @enum {string} */
      origin: 'source' | 'added';
      /**
       * @description `ready`: new sessions have it
       * @enum {string}
       */
      status: 'waiting' | 'ready' | 'failed';
      error: {
        code: string;
        message: string;
      } | null;
      warnings: components['schemas']['Warning'][];
      shiftMs: number;
    };
    AddTrack: {
      source?: components['schemas']['TrackSource'];
      object?: string;
      url?: string;
      upload?: string;
      /** @description BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
      language: string;
      name?: string;
      service?: components['schemas']['CaptioningService'];
      /** @enum {string} */
      kind: 'subtitles' | 'captions' | 'forced' | 'descriptions' | 'audio';
      /** @enum {string} */
      role?: 'commentary' | 'description' | 'clean_speech';
      default?: boolean;
    };
    TrackSource:
      | {
          object: string;
        }
      | {
          /** Format: uri */
          url: string;
        }
      | {
          /** @description A finished upload: its ID, or the last step of its URL */
          upload: string;
        };
    /** @description Is asked for the cues: it gets a link to the sound and an address that takes its file */
    CaptioningService: {
      /**
       * Format: uri
       * @description `https` on a public host
       */
      url: string;
      /** @description Signs the message (Standard Webhooks); without it, the message is not signed */
      secret?: string;
    };
    ChangeTrack: {
      /** @description BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
      language?: string;
      /** @description null: none */
      name?: string | null;
      /**
       * @description Of sound; null: the film's own
       * @enum {string|null}
       */
      role?: 'commentary' | 'description' | 'clean_speech' | null;
      /**
       * @description `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows
       * @enum {string}
       */
      kind?: 'subtitles' | 'captions' | 'forced' | 'descriptions';
      default?: boolean;
      /** @description Of text: how much later cues are shown than their file says */
      shiftMs?: number;
    };
    ReplaceText: {
      source?: components['schemas']['TrackSource'];
      object?: string;
      url?: string;
      upload?: string;
    };
    ChapterList: {
      languages: {
        language: string;
        chapters: {
          start: number;
          title: string;
        }[];
      }[];
    };
    Chapters: {
      chapters: {
        /** @description Seconds; a chapter ends where the next begins */
        start: number;
        title: string;
      }[];
    };
    UploadDetail: components['schemas']['Upload'] & {
      /** @description What is stored of it */
      receivedBytes: number;
      /** @description What the ladder of a file that plays as it is costs to encode and to store; null for any other file */
      encodeEstimate: components['schemas']['EncodeEstimate'] | null;
    };
    UploadLink: {
      /** @description Of the upload that the link will make */
      id: string;
      /** @description The endpoint for a tus client, for one upload. Returned only here */
      url: string;
      /** Format: date-time */
      expiresAt: string;
    };
    CreateUploadLink: {
      /** @description Seconds in which the upload must be begun */
      expiresIn: number;
      maxBytes?: number;
      /** @description The job of a longer film fails */
      maxSeconds?: number;
      asset?: components['schemas']['AssetInput'] & unknown;
      /** @description Sites whose pages may use the link and the upload. Left out: all */
      origins?: string[];
      /** @description Who made it, in your system */
      creatorId?: string;
    };
    Job: {
      id: string;
      assetId: string;
      version: string;
      /** @enum {string} */
      status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
      priority: number;
      retryOf: string | null;
      /** @description The track that it adds to the version */
      track: string | null;
      progress: number;
      error: {
        code: string;
        message: string;
      } | null;
      /** @description Of the inspection while it encodes; of all tasks when it is done */
      warnings: components['schemas']['Warning'][];
      /** @description Whether the file plays as it is, or why not; null until it has been looked at */
      look:
        | {
            /** @enum {boolean} */
            standard: true;
            sizeBytes: number;
            durationSeconds: number;
            width: number;
            height: number;
            frameRate: number;
          }
        | {
            /** @enum {boolean} */
            standard: false;
            /** @enum {string} */
            code:
              | 'not_mp4'
              | 'fragmented'
              | 'index_missing'
              | 'index_too_large'
              | 'index_damaged'
              | 'encrypted'
              | 'external_data'
              | 'video_missing'
              | 'video_codec'
              | 'video_interlaced'
              | 'video_hdr'
              | 'video_size'
              | 'video_rotation'
              | 'audio_codec'
              | 'parameter_sets'
              | 'edit_list'
              | 'timing'
              | 'tracks_unequal'
              | 'key_frames_missing'
              | 'key_frames_far'
              | 'open_gop'
              | 'interleaving'
              | 'source_name'
              | 'source_changed';
            message: string;
          }
        | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
    };
    JobDetail: components['schemas']['Job'] & {
      tasks: {
        id: string;
        /** @description `inspect`, `inspect_sound`, `chunk` or `audio` */
        kind: string;
        /** @enum {string} */
        state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
        progress: number;
        attempt: number;
        failures: number;
        encoder: string | null;
        error: {
          code: string;
          message: string;
          detail?: string;
        } | null;
      }[];
    };
    ChangeJob: {
      priority: number;
    };
    Encoder: {
      id: string;
      version: string;
      cores: number;
      memoryBytes: number;
      freeCores?: number;
      freeMemoryBytes?: number;
      load?: number;
      features?: string[];
      /**
       * @description `gone`: silent for a minute; forgotten after a day
       * @enum {string}
       */
      state: 'active' | 'idle' | 'gone';
      /** @description Leases held now */
      tasks: number;
      /** Format: date-time */
      firstSeenAt: string;
      /** Format: date-time */
      lastSeenAt: string;
    };
    DeadTask: {
      id: string;
      jobId: string;
      kind: string;
      /** @enum {string} */
      state: 'dead';
      attempt: number;
      failures: number;
      encoder: string | null;
      /** @description Error of the last attempt; `detail` is the end of the program's stderr */
      error: {
        code: string;
        message: string;
        detail?: string;
      };
      /** Format: date-time */
      endedAt: string;
    };
    /** @description The fields of one server-sent event; `data` is JSON */
    JobStreamEvent:
      | {
          /** @enum {string} */
          event: 'state';
          /** @description For `Last-Event-ID` */
          id: string;
          data: components['schemas']['Job'];
        }
      | {
          /** @enum {string} */
          event: 'progress';
          /** @description For `Last-Event-ID` */
          id: string;
          data: components['schemas']['JobProgress'];
        };
    JobProgress: {
      progress: number;
      frames: number;
      totalFrames: number;
      fps: number | null;
      /** @description Multiple of real time; null while unknown */
      speed: number | null;
      etaSeconds: number | null;
      /** @description Tasks that have changed since the last event; the first event has all */
      tasks: {
        id: string;
        /** @description `inspect`, `inspect_sound`, `chunk` or `audio` */
        kind: string;
        /** @enum {string} */
        state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
        progress: number;
        attempt: number;
        encoder: string | null;
        frames: number | null;
        totalFrames: number | null;
      }[];
    };
    Event: components['schemas']['AssetEvent'] | components['schemas']['UploadEvent'];
    Link: {
      token: string;
      /** @description ID by which the link can be revoked */
      jti: string;
      /** Format: date-time */
      expiresAt: string;
      /** Format: uri */
      hls: string;
      /** Format: uri */
      dash: string;
      /** Format: uri */
      watch: string;
    };
    ImageLink: {
      token: string;
      /** @description ID by which the link can be revoked */
      jti: string;
      /** Format: date-time */
      expiresAt: string;
      /**
       * Format: uri
       * @description Ends in a slash; append the name of the image
       */
      images: string;
    };
    CreateLink: {
      /** @description Seconds */
      expiresIn: number;
      /**
       * @description Playback or the images of the asset; `maxHeight`, `downloads` and `limits` apply to playback only
       * @default video
       * @enum {string}
       */
      audience?: 'video' | 'image';
      viewer?: string;
      rules?: {
        countries?: {
          allow?: string[];
          deny?: string[];
        };
        ips?: {
          allow?: string[];
          deny?: string[];
        };
        origins?: {
          allow?: string[];
          deny?: string[];
        };
        userAgents?: {
          allow?: string[];
          deny?: string[];
        };
      };
      maxHeight?: number;
      /** @description Whether whole files may be downloaded too */
      downloads?: boolean;
      /** @description Only together with `viewer` */
      limits?: {
        sessions: number;
        /**
         * @default reject-new
         * @enum {string}
         */
        policy?: 'reject-new' | 'evict-oldest';
      };
    };
    LinkExplanation: {
      allowed: boolean;
      code?: string;
      /** @description What decided: a claim or the kind of revocation */
      claim?: string;
      detail?: string;
      asset: string | null;
      /** @description Null until the signature is verified; never the token */
      claims: {
        sub: string;
        exp: number;
        nbf?: number;
        /** @default video */
        aud?: string | string[];
        jti?: string;
        viewer?: string;
        rules?: {
          countries?: {
            allow?: string[];
            deny?: string[];
          };
          ips?: {
            allow?: string[];
            deny?: string[];
          };
          origins?: {
            allow?: string[];
            deny?: string[];
          };
          userAgents?: {
            allow?: string[];
            deny?: string[];
          };
        };
        maxHeight?: number;
        downloads?: boolean;
        limits?: {
          sessions: number;
          /**
           * @default reject-new
           * @enum {string}
           */
          policy?: 'reject-new' | 'evict-oldest';
        };
        kid: string;
      } | null;
      /** @description In the order in which they are checked, up to the one that refuses */
      rules: {
        rule: string;
        passed: boolean;
        why: string;
      }[];
    };
    ExplainLink: {
      /** @description A link token, or the id of a public asset */
      link: string;
      /**
       * @description What the request asks for
       * @default video
       * @enum {string}
       */
      audience?: 'video' | 'image';
      /**
       * Format: date-time
       * @description Time to check the link at; now by default
       */
      at?: string;
      ip?: string;
      country?: string;
      origin?: string;
      userAgent?: string;
    };
    CreatedSigningKey: {
      kid: string;
      /** @enum {string} */
      alg: 'ES256' | 'EdDSA' | 'RS256';
      jwk:
        | {
            /** @enum {string} */
            kty: 'EC';
            /** @enum {string} */
            crv: 'P-256';
            x: string;
            y: string;
          }
        | {
            /** @enum {string} */
            kty: 'OKP';
            /** @enum {string} */
            crv: 'Ed25519';
            x: string;
          }
        | {
            /** @enum {string} */
            kty: 'RSA';
            n: string;
            /** @enum {string} */
            e: 'AQAB';
          };
      /** Format: date-time */
      createdAt: string;
      /** @description Returned only here and not stored */
      privateJwk?: {
        [key: string]: unknown;
      };
    };
    CreateSigningKey:
      | {
          publicJwk: {
            [key: string]: unknown;
          };
          kid?: string;
        }
      | {
          /**
           * @default ES256
           * @enum {string}
           */
          alg?: 'ES256' | 'EdDSA' | 'RS256';
        };
    Revocation: {
      /** @enum {string} */
      kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
      /** @description A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
      value: string;
      reason: string | null;
      /**
       * Format: date-time
       * @description When the entry is forgotten; null for never
       */
      expiresAt: string | null;
      /** Format: date-time */
      createdAt: string;
    };
    CreateRevocation: {
      /** @enum {string} */
      kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
      /** @description A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
      value: string;
      /** @description For your records; not shown to players */
      reason?: string;
      /**
       * Format: date-time
       * @description Between 1970 and 9998: when what is revoked ends by itself, so that the entry can be forgotten. Of a link its `exp`, of a key when its last link expires; the entry then stays 7 days longer, for sessions. Left out: a session 7 days, all else for good.
       */
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
            | 'asset.ready_source'
            | 'asset.ready_partial'
            | 'asset.source_withdrawn'
            | 'asset.updated'
            | 'asset.deleted'
            | 'job.queued'
            | 'job.running'
            | 'job.failed'
            | 'job.cancelled'
            | 'upload.created'
            | 'upload.finished'
            | 'upload.failed'
            | 'upload.expired'
            | 'upload.deleted'
          )[]
        | null;
      disabled: boolean;
      disabledReason: string | null;
      /**
       * Format: date-time
       * @description Every attempt since this time has failed
       */
      failingSince: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
    };
    WebhookWithSecret: components['schemas']['Webhook'] & {
      /** @description Returned only here */
      secret: string;
    };
    CreateWebhook: {
      /**
       * Format: uri
       * @description `https` on a public host; redirects are not followed
       */
      url: string;
      /** @description If omitted, all types, including ones added later */
      types?: (
        | 'asset.waiting'
        | 'asset.queued'
        | 'asset.encoding'
        | 'asset.ready'
        | 'asset.failed'
        | 'asset.ready_source'
        | 'asset.ready_partial'
        | 'asset.source_withdrawn'
        | 'asset.updated'
        | 'asset.deleted'
        | 'job.queued'
        | 'job.running'
        | 'job.failed'
        | 'job.cancelled'
        | 'upload.created'
        | 'upload.finished'
        | 'upload.failed'
        | 'upload.expired'
        | 'upload.deleted'
      )[];
    };
    ChangeWebhook: {
      /** Format: uri */
      url?: string;
      /** @description Null for all types */
      types?:
        | (
            | 'asset.waiting'
            | 'asset.queued'
            | 'asset.encoding'
            | 'asset.ready'
            | 'asset.failed'
            | 'asset.ready_source'
            | 'asset.ready_partial'
            | 'asset.source_withdrawn'
            | 'asset.updated'
            | 'asset.deleted'
            | 'job.queued'
            | 'job.running'
            | 'job.failed'
            | 'job.cancelled'
            | 'upload.created'
            | 'upload.finished'
            | 'upload.failed'
            | 'upload.expired'
            | 'upload.deleted'
          )[]
        | null;
      disabled?: boolean;
    };
    Delivery: {
      eventId: string;
      type: string;
      asset: string;
      sequence: number;
      /** @enum {string} */
      state: 'pending' | 'delivered' | 'dead';
      attempts: number;
      /** @description HTTP status of the last answer */
      status: number | null;
      error: string | null;
      /** Format: date-time */
      lastAttemptAt: string | null;
      /** Format: date-time */
      nextAttemptAt: string | null;
      /** Format: date-time */
      createdAt: string;
    };
    GcRun: {
      id: string;
      /** @enum {string} */
      state: 'running' | 'done' | 'failed';
      dryRun: boolean;
      orphans: boolean;
      /** Format: date-time */
      startedAt: string;
      /** Format: date-time */
      endedAt: string | null;
      listed: number;
      kept: {
        /** @enum {string} */
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
          | 'source_unused_lately'
          | 'changed'
          | 'asset_deleted'
          | 'lost_attempt'
          | 'never_published'
          | 'superseded'
          | 'track_replaced'
          | 'source_unused'
          | 'orphan';
        objects: number;
        bytes: number;
        samples: string[];
      }[];
      waiting: {
        /** @enum {string} */
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
          | 'source_unused_lately'
          | 'changed'
          | 'asset_deleted'
          | 'lost_attempt'
          | 'never_published'
          | 'superseded'
          | 'track_replaced'
          | 'source_unused'
          | 'orphan';
        objects: number;
        bytes: number;
        samples: string[];
      }[];
      deleted: {
        /** @enum {string} */
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
          | 'source_unused_lately'
          | 'changed'
          | 'asset_deleted'
          | 'lost_attempt'
          | 'never_published'
          | 'superseded'
          | 'track_replaced'
          | 'source_unused'
          | 'orphan';
        objects: number;
        bytes: number;
        samples: string[];
      }[];
      error: string | null;
    };
    NewGcRun: {
      dryRun: boolean;
      /** @default false */
      orphans?: boolean;
    };
    Views: components['schemas']['LiveViews'] & {
      assetId: string;
      /** @description Seconds of media that make a session a view */
      viewSeconds: number;
      /** Format: date-time */
      from: string;
      /** Format: date-time */
      to: string;
      /** @enum {string} */
      resolution: 'minute' | 'hour' | 'day';
      /**
       * Format: date-time
       * @description Start of what is kept at this resolution
       */
      keptFrom: string;
      /** @description Oldest first; empty intervals have no point */
      series: {
        /** Format: date-time */
        start: string;
        views: number;
        minutes: number;
        peakWatching: number;
        /** @description An estimate; only for days */
        viewers?: number;
        /** @description By value of the requested dimension. A rendition has minutes but no views of its own */
        by?: {
          [key: string]: {
            views: number;
            minutes: number;
          };
        };
      }[];
    };
    Retention: {
      /** @description Null if nobody has watched the asset */
      version: string | null;
      segmentSeconds: number | null;
      sessions: number;
      curve: {
        segment: number;
        startSeconds: number;
        sessions: number;
        /** @description Share of the sessions that were given any segment */
        share: number;
      }[];
    };
    TopAssets: {
      /** @enum {string} */
      window: 'now' | 'today' | 'all';
      assets: {
        id: string;
        title: string;
        /** @description `now`: sessions watching; `today`: views since midnight UTC; `all`: views */
        number: number;
      }[];
    };
    /** @description The fields of one server-sent event; `data` is JSON */
    ViewsStreamEvent: {
      /** @enum {string} */
      event: 'views';
      data: components['schemas']['LiveViews'];
    };
    ForgottenViewer: {
      /** @description Assets whose counters this call has cleared */
      assets: number;
      /** @description Sessions that were tied to the viewer until now. Counters of a small audience keep no such tie */
      sessions: number;
      /** @description 1 if the viewer's concurrency limiter held anything, else 0 */
      streams: number;
      complete: boolean;
    };
    CreatedApiToken: components['schemas']['ApiToken'] & {
      /** @description The bearer token: returned only here and not stored */
      token: string;
    };
    ApiToken: {
      id: string;
      name: string;
      /** @description Scopes are added over time */
      scopes: string[];
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      expiresAt?: string;
      /**
       * Format: date-time
       * @description To within five minutes
       */
      lastUsedAt?: string;
      /** Format: date-time */
      revokedAt?: string;
    };
    CreateApiToken: {
      name: string;
      /** @description Only scopes that the calling token has; `write` includes `read` */
      scopes: (
        | 'links:read'
        | 'links:write'
        | 'views:read'
        | 'views:write'
        | 'assets:read'
        | 'assets:write'
        | 'uploads:read'
        | 'uploads:write'
        | 'jobs:read'
        | 'jobs:write'
        | 'keys:read'
        | 'keys:write'
        | 'revocations:read'
        | 'revocations:write'
        | 'events:read'
        | 'events:write'
        | 'webhooks:read'
        | 'webhooks:write'
        | 'tokens:read'
        | 'tokens:write'
        | 'gc:read'
        | 'gc:write'
      )[];
      /**
       * Format: date-time
       * @description Between 1970 and 9998. It ends with the calling token at the latest
       */
      expiresAt?: string;
    };
    CurrentApiToken: {
      /** @description `root` for `API_TOKEN` */
      id: string;
      name: string;
      /** @description Scopes are added over time */
      scopes: string[];
      /** Format: date-time */
      expiresAt?: string;
    };
    Change: {
      id: string;
      /** Format: date-time */
      at: string;
      token: {
        id: string;
        name: string;
      };
      operation: string;
      /** @description Ids of what was changed */
      target: {
        [key: string]: string;
      };
      asset?: string;
      /** @description The members of a PATCH */
      fields?: string[];
      /** @description `X-Request-Id` of the answer */
      requestId: string;
      clientIp?: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listUploads: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        state?: 'open' | 'finished' | 'failed' | 'expired' | 'deleted';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            uploads: components['schemas']['Upload'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createUpload: {
    parameters: {
      query?: {
        /** @description Of `POST /uploads/links` */
        link?: string;
      };
      header?: {
        /** @description `1.0.0` */
        'tus-resumable'?: string;
        /** @description `5` or `6`, instead of `Tus-Resumable` */
        'upload-draft-interop-version'?: string;
        /** @description Bytes of the file */
        'upload-length'?: string;
        /** @description tus: `1` where the length is not known yet */
        'upload-defer-length'?: string;
        /** @description Keys and values in base64: `filename`, `filetype`, `asset` (AssetInput as JSON), `creatorId` */
        'upload-metadata'?: string;
        /** @description tus: `partial`, or `final;` and the URLs of the parts */
        'upload-concat'?: string;
        /** @description IETF: `?1` if the file ends with this body, else `?0` */
        'upload-complete'?: string;
        /** @description tus: `sha1`, `sha256` or `crc32`, a blank, and the digest of the body in base64 */
        'upload-checksum'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        '*/*': string;
      };
    };
    responses: {
      /** @description Created; bytes go to `Location` */
      201: {
        headers: {
          /** @description Once the index of the file has arrived: `standard` (it plays as soon as it is uploaded), or why not, a code as in `look` */
          'sluice-look'?: string;
          location: string;
          'upload-offset'?: string;
          'upload-expires'?: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description upload_length_mismatch, invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rule_origin, upload_closed, upload_link_unknown, scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description method_not_allowed */
      405: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_offset_mismatch, upload_unfinished, upload_link_used */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_gone, upload_link_expired */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_version_unsupported */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_too_large, body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_busy */
      423: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_checksum_mismatch */
      460: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getUpload: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description A finished upload: its ID, or the last step of its URL */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The upload */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UploadDetail'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteUpload: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description A finished upload: its ID, or the last step of its URL */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its bytes are gone */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_closed, rule_origin, scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_gone */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_version_unsupported */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listAssets: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        /** @description Only rows with any warning, with none, or with one of this code */
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
        /** @description Words, or their beginnings, of title, description and tags, all of which have to match; or an ID or external ID */
        q?: string;
        /** @description `relevance`: the best of the newest 500 matches of `q`, one page */
        sort?: 'newest' | 'relevance';
        status?: 'waiting' | 'queued' | 'encoding' | 'ready' | 'failed';
        ready?: 'no' | 'source' | 'partial' | 'full';
        policy?: 'signed' | 'public';
        tag?: string;
        category?: string;
        /** @description Who made it, in your system */
        creatorId?: string;
        /** @description The ID in your system. Several assets may have the same */
        externalId?: string;
        /** @description Only assets whose last job failed with this code */
        error?: string;
        /** @description Between 1970 and 9998 */
        createdAfter?: string;
        /** @description Between 1970 and 9998 */
        createdBefore?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            assets: components['schemas']['Asset'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createAsset: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateAsset'];
      };
    };
    responses: {
      /** @description The asset; its job is durable and started */
      202: {
        headers: {
          location: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Asset'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_unfinished, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description source_refused, source_not_found, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  updateAssets: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeAssets'];
      };
    };
    responses: {
      /** @description What became of each, in the order of the ids */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            results: {
              id: string;
              asset?: components['schemas']['Asset'];
              /** @description Why it is not changed, or `unavailable`: players do not see it yet */
              error?: {
                code: string;
                message: string;
              };
            }[];
          };
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createClip: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateClip'];
      };
    };
    responses: {
      /** @description The clip; its job is durable and started */
      202: {
        headers: {
          location: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Asset'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description source_pending, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description source_not_found, source_range_empty, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listAssetFacets: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The counts */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            facets: {
              status?: {
                value: string;
                assets: number;
              }[];
              ready?: {
                value: string;
                assets: number;
              }[];
              policy?: {
                value: string;
                assets: number;
              }[];
              disabled?: {
                value: string;
                assets: number;
              }[];
              tag?: {
                value: string;
                assets: number;
              }[];
              category?: {
                value: string;
                assets: number;
              }[];
              creatorId?: {
                value: string;
                assets: number;
              }[];
              warnings?: {
                value: string;
                assets: number;
              }[];
              error?: {
                value: string;
                assets: number;
              }[];
            };
          };
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getAsset: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The asset */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AssetDetail'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteAsset: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  updateAsset: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeAsset'];
      };
    };
    responses: {
      /** @description The changed asset */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Asset'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  replaceSource: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewSource'];
      };
    };
    responses: {
      /** @description The asset; its job is durable and started */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Asset'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_active, upload_unfinished, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description source_refused, source_not_found, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listVersions: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The versions */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            versions: components['schemas']['Version'][];
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  makeVersionCurrent: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
        version: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The asset */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Asset'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found, version_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description version_not_ready, version_collected, job_active, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createDirectUpload: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateDirectUpload'];
      };
    };
    responses: {
      /** @description Begun; ask for the URLs of its parts */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DirectUpload'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_too_large, body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description direct_unavailable */
      501: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  signPartUrls: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        /** @description A finished upload: its ID, or the last step of its URL */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SignPartUrls'];
      };
    };
    responses: {
      /** @description Each URL stores one part and does nothing else */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PartUrls'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_closed, scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_gone */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description direct_unavailable */
      501: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  completeDirectUpload: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        /** @description A finished upload: its ID, or the last step of its URL */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CompleteDirectUpload'];
      };
    };
    responses: {
      /** @description The upload, which is finished */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Upload'];
        };
      };
      /** @description upload_length_mismatch, invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_closed, scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_gone */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_too_large, body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_parts_refused, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listTracks: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The tracks */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TrackList'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  addTrack: {
    parameters: {
      query?: {
        /** @description `captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows */
        kind?: 'subtitles' | 'captions' | 'forced' | 'descriptions';
        /** @description BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language?: string;
        name?: string;
        default?: 'true' | 'false';
      };
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['AddTrack'];
        '*/*': string;
      };
    };
    responses: {
      /** @description The text track */
      201: {
        headers: {
          location: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Track'];
        };
      };
      /** @description The sound, which is encoded first, or the text that a captioning service is asked for */
      202: {
        headers: {
          location: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Track'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description tracks_full, upload_unfinished, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description track_refused, text_unreadable, text_too_long, text_empty, source_refused, source_not_found, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteTrack: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        track: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found, track_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description track_refused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  updateTrack: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        track: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeTrack'];
      };
    };
    responses: {
      /** @description The changed track */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Track'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found, track_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description track_refused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getTrackText: {
    parameters: {
      query?: {
        format?: 'vtt' | 'srt' | 'txt';
      };
      header?: never;
      path: {
        id: string;
        track: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The whole track */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/vtt': string;
          'application/x-subrip': string;
          'text/plain': string;
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found, track_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description track_refused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  replaceTrackText: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        track: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['ReplaceText'];
        '*/*': string;
      };
    };
    responses: {
      /** @description The track */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Track'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found, track_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description upload_unfinished */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description track_refused, text_unreadable, text_too_long, text_empty, source_refused, source_not_found */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listChapters: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The chapters */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ChapterList'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  setChapters: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        /** @description BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['Chapters'];
      };
    };
    responses: {
      /** @description The chapters of all languages */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ChapterList'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteChapters: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        /** @description BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown */
        language: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Removed */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createUploadLink: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateUploadLink'];
      };
    };
    responses: {
      /** @description The link; it reserves nothing */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UploadLink'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listJobs: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        /** @description Only rows with any warning, with none, or with one of this code */
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
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            jobs: components['schemas']['Job'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The job */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  updateJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeJob'];
      };
    };
    responses: {
      /** @description The job */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_active */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The cancelled job */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_active, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  retryJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The new job */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobDetail'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_failed, job_active, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description source_not_found, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listEncoders: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The encoders */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            encoders: components['schemas']['Encoder'][];
          };
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDeadTasks: {
    parameters: {
      query: {
        state: 'dead';
        cursor?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            tasks: components['schemas']['DeadTask'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  streamJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description `id` of the last event received; progress then never goes back */
        'last-event-id'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Server-sent events, each of this form */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': components['schemas']['JobStreamEvent'];
        };
      };
      /** @description The job has ended and the client has its last event */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description job_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description streams_full, unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listEvents: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        asset?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            events: components['schemas']['Event'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createLink: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateLink'];
      };
    };
    responses: {
      /** @description The link, as token and as absolute URLs: a Link, or an ImageLink for the audience `image` */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Link'] | components['schemas']['ImageLink'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description misconfigured, internal */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  explainLink: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ExplainLink'];
      };
    };
    responses: {
      /** @description The decision; an invalid link is a decision too */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LinkExplanation'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listSigningKeys: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The public keys */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            keys: {
              kid: string;
              /** @enum {string} */
              alg: 'ES256' | 'EdDSA' | 'RS256';
              jwk:
                | {
                    /** @enum {string} */
                    kty: 'EC';
                    /** @enum {string} */
                    crv: 'P-256';
                    x: string;
                    y: string;
                  }
                | {
                    /** @enum {string} */
                    kty: 'OKP';
                    /** @enum {string} */
                    crv: 'Ed25519';
                    x: string;
                  }
                | {
                    /** @enum {string} */
                    kty: 'RSA';
                    n: string;
                    /** @enum {string} */
                    e: 'AQAB';
                  };
              /** Format: date-time */
              createdAt: string;
            }[];
          };
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createSigningKey: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateSigningKey'];
      };
    };
    responses: {
      /** @description The key; links signed with it play within seconds */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CreatedSigningKey'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description signing_key_exists, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description signing_key_invalid, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteSigningKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        kid: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description signing_key_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRevocations: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        kind?: 'session' | 'link' | 'viewer' | 'asset' | 'key';
        /** @description A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
        value?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            revocations: components['schemas']['Revocation'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createRevocation: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateRevocation'];
      };
    };
    responses: {
      /** @description In force everywhere within `EDGE_STATE_SECONDS`, for running sessions too */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Revocation'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description revocations_full, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteRevocation: {
    parameters: {
      query: {
        kind: 'session' | 'link' | 'viewer' | 'asset' | 'key';
        /** @description A session's id, a link's `jti`, its `viewer`, an asset's id, or a key's `kid` */
        value: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deleted; players are let in again within `EDGE_STATE_SECONDS` */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description revocation_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listWebhooks: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All webhooks */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            webhooks: components['schemas']['Webhook'][];
          };
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateWebhook'];
      };
    };
    responses: {
      /** @description The webhook and its secret */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhooks_full, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_refused, idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The webhook */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  updateWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeWebhook'];
      };
    };
    responses: {
      /** @description The changed webhook */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_refused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  rotateWebhookSecret: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The webhook and its new secret */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  testWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The result */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            delivered: boolean;
            status: number | null;
            error: string | null;
          };
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDeliveries: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        state?: 'pending' | 'delivered' | 'dead';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            deliveries: components['schemas']['Delivery'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  redeliverEvent: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
        eventId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The delivery, pending */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Delivery'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_not_found, delivery_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description webhook_disabled, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listGcRuns: {
    parameters: {
      query?: {
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The runs */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            runs: components['schemas']['GcRun'][];
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  startGcRun: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewGcRun'];
      };
    };
    responses: {
      /** @description The run; it is durable and started */
      202: {
        headers: {
          location: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['GcRun'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description gc_run_active, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getGcRun: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The run */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['GcRun'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description gc_run_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getViews: {
    parameters: {
      query?: {
        /** @description Between 1970 and 9998 */
        from?: string;
        /** @description Between 1970 and 9998 */
        to?: string;
        resolution?: 'minute' | 'hour' | 'day';
        by?: 'country' | 'device' | 'rendition';
        format?: 'json' | 'csv' | 'ndjson';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description By default the last 24 hours by hour */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Views'];
          'text/csv': string;
          'application/x-ndjson': string;
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description range_too_large, resolution_too_fine */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getRetention: {
    parameters: {
      query?: {
        version?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description By default of the version that was watched last */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Retention'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listTopAssets: {
    parameters: {
      query?: {
        window?: 'now' | 'today' | 'all';
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The assets, most watched first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TopAssets'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  streamViews: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Server-sent events, each of this form */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': components['schemas']['ViewsStreamEvent'];
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description asset_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description streams_full, unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  forgetViewer: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        viewer: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Erased everywhere */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ForgottenViewer'];
        };
      };
      /** @description Erased from these assets; the rest follows within minutes */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ForgottenViewer'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listApiTokens: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            apiTokens: components['schemas']['ApiToken'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createApiToken: {
    parameters: {
      query?: never;
      header?: {
        /** @description Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateApiToken'];
      };
    };
    responses: {
      /** @description The token */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CreatedApiToken'];
        };
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description api_tokens_full, idempotency_running, idempotency_answer_too_large */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unsupported_media_type */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description idempotency_key_reused */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getCurrentApiToken: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The token of this call */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CurrentApiToken'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  revokeApiToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Revoked; refused everywhere within 10 seconds */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description invalid_request, invalid_json, request_aborted */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description api_token_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description body_too_large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listChanges: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
        /** @description Id of a token; `root` for `API_TOKEN` */
        token?: string;
        /** @description An `operationId` of this document */
        operation?: string;
        asset?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            changes: components['schemas']['Change'][];
            nextCursor: string | null;
          };
        };
      };
      /** @description invalid_request */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unauthorized */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description scope_missing */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description rate_limited */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description internal, misconfigured */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  receiveWebhook: {
    parameters: {
      query?: never;
      header: {
        'webhook-id': string;
        /** @description Unix seconds */
        'webhook-timestamp': string;
        /** @description One signature per active secret, separated by spaces */
        'webhook-signature': string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json':
          | components['schemas']['AssetEvent']
          | components['schemas']['UploadEvent']
          | components['schemas']['WebhookTest'];
      };
    };
    responses: {
      /** @description Gone: disables the webhook */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Delivered */
      '2XX': {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Anything else, or no answer within 10 s: retried later */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
}

export type Schemas = components['schemas'];
