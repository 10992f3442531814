// Where GraphiQL keeps tabs, history and theme: in the browser, but for headers of what was asked, as these hold keys.
const HISTORY = /^graphiql:(queries|favorites)$/;

const withoutHeaders = (name, value) => (name === 'headers' ? undefined : value);

/** A history's text without the headers; another text as it is. */
function kept(name, value) {
  return HISTORY.test(name) ? JSON.stringify(JSON.parse(value), withoutHeaders) : value;
}

export const STORAGE = {
  get length() {
    return localStorage.length;
  },
  getItem: (name) => localStorage.getItem(name),
  setItem: (name, value) => localStorage.setItem(name, kept(name, value)),
  removeItem: (name) => localStorage.removeItem(name),
  clear: () => localStorage.clear(),
};
