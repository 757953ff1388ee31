/** The decoded variables of a path. */
export type PathParameters = Readonly<Record<string, string>>;

/** Paths without a host are those of any host. */
const ANY_HOST = 'https://any';

/**
 * Whether a request is for a route, and with which variables.
 * @param line such as `POST /logout/:session`; with a host, `GET https://rest-:tier.example.com/`
 * @param url a path, or an address with a host as the line has it
 */
export function route(line: string): (method: string, url: string) => PathParameters | undefined {
  const [ofMethod, path = ''] = line.split(' ');
  const pattern = new URLPattern(path, ANY_HOST);
  return (method, url) => {
    const groups = method === ofMethod ? pattern.exec(url, ANY_HOST)?.pathname.groups : undefined;
    return (
      groups && Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decoded(value)]))
    );
  };
}

/** A part that is malformed stays as it is: nothing has that name. */
function decoded(part = ''): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
