/** Answer without the prefix, so that an orchestrator needs to know no path. */
const AT_THE_ROOT = /^\/(?:livez|readyz)(?:\?|$)/;

/**
 * A request's target below the base path, as if there were none; undefined for a target outside of
 * it. The base path itself stands for its root.
 */
export function createBasePath(basePath: string | undefined): (url: string) => string | undefined {
  if (basePath === undefined) return (url) => url;
  return (url) => {
    if (AT_THE_ROOT.test(url)) return url;
    if (!url.startsWith(basePath)) return undefined;
    const rest = url.slice(basePath.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    return rest.startsWith('/') ? rest : undefined;
  };
}
