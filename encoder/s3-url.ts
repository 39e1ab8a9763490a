/** The bucket in one variable, as a connection string: `https://KEY_ID:SECRET@ACCOUNT.r2.cloudflarestorage.com/BUCKET`. Pure. */

export type S3Variables = {
  S3_ENDPOINT: string;
  S3_BUCKET: string;
  S3_ACCESS_KEY_ID: string;
  S3_SECRET_ACCESS_KEY: string;
};

/** What it says, or null where it is not such a URL. Key and secret are percent-encoded as anywhere in a URL. */
export function parseS3Url(text: string): S3Variables | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    return null;
  }
  // The bucket is the last part of the path; what is before it belongs to the endpoint.
  const { folder, bucket } = /^(?<folder>.*)\/(?<bucket>[^/]+)\/?$/.exec(url.pathname)?.groups ?? {};
  try {
    const [keyId, secret] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return folder === undefined || bucket === undefined || keyId === '' || secret === ''
      ? null
      : {
          S3_ENDPOINT: url.origin + folder,
          S3_BUCKET: decodeURIComponent(bucket),
          S3_ACCESS_KEY_ID: keyId,
          S3_SECRET_ACCESS_KEY: secret,
        };
  } catch {
    // A percent sign that encodes nothing.
    return null;
  }
}
