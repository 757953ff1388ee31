import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

/** A person's browser without scripts: keeps cookies, follows redirects, and sends forms as HTML describes them. */
export class Browser {
  readonly #jar = new CookieJar();
  address = '';
  #page: HTMLElement = parse('');

  async open(address: string, init: RequestInit = {}): Promise<void> {
    const cookie = await this.#jar.getCookieString(address);
    const response = await fetch(address, { ...init, redirect: 'manual', headers: { cookie } });
    for (const each of response.headers.getSetCookie()) await this.#jar.setCookie(each, address);
    this.address = address;
    this.#page = parse(await response.text());
    const location = response.headers.get('location');
    if (location !== null) await this.open(new URL(location, address).href);
  }

  /** Fills in the form's fields by their labels, and presses its button. */
  async submit(button: string, typed: Readonly<Record<string, string>> = {}): Promise<void> {
    const form = this.#page
      .querySelectorAll('form')
      .find((each) => each.querySelector('button')?.text === button);
    if (form === undefined) throw new Error(`the page has no button "${button}"`);
    const fields = new URLSearchParams();
    for (const input of form.querySelectorAll('input')) {
      fields.set(input.getAttribute('name') ?? '', input.getAttribute('value') ?? '');
    }
    for (const [label, value] of Object.entries(typed)) {
      const id = form
        .querySelectorAll('label')
        .find(({ text }) => text === label)
        ?.getAttribute('for');
      const name = form.querySelector(`input[id="${id}"]`)?.getAttribute('name');
      if (name === undefined) throw new Error(`the form has no field "${label}"`);
      fields.set(name, value);
    }
    const action = new URL(form.getAttribute('action') ?? '', this.address).href;
    await this.open(action, { method: form.getAttribute('method') ?? 'get', body: fields });
  }
}
