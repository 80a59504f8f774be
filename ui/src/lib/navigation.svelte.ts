// Where the window is: follows the address and tells the views. The only place that touches `location`.
import { href, parse, type Page, type Route } from './route';

class Navigation {
  /** The current page and what is open on it. */
  route = $state.raw<Route>(parse(location.hash));

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const follow = () => {
      this.route = parse(location.hash);
    };
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }

  /** Goes to a page, with a new entry in the history. */
  go(page: Page, params: Record<string, string> = {}): void {
    location.hash = href(page, params);
    this.route = parse(location.hash);
  }

  /** Changes what is open on the current page, without a new entry in the history. */
  replace(params: Record<string, string>): void {
    history.replaceState(null, '', href(this.route.page, params));
    this.route = parse(location.hash);
  }
}

export const navigation = new Navigation();
