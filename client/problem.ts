/** Problem documents (RFC 9457): the body of every error answer of the Worker. Pure. */

export type Problem = { code: string; title: string; detail: string };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `null` if the body is not a problem document, such as a proxy's page. */
export function parseProblem(body: string): Problem | null {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null || !('code' in document) || typeof document.code !== 'string') {
    return null;
  }
  return {
    code: document.code,
    title: 'title' in document ? text(document.title) : '',
    detail: 'detail' in document ? text(document.detail) : '',
  };
}
