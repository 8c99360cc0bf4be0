import mustache from 'mustache';

/** The pages that links in mails lead to, and those that follow. */
export type AccountPage =
  | { readonly kind: 'choosePassword'; readonly token: string; readonly problem?: string }
  | { readonly kind: 'passwordChanged' }
  | { readonly kind: 'resetLinkInvalid' }
  | { readonly kind: 'resetLinkExpired' }
  | { readonly kind: 'emailVerified' }
  | { readonly kind: 'verificationLinkInvalid'; readonly token: string }
  | { readonly kind: 'verificationSent' };

interface Content {
  readonly status: number;
  readonly title: string;
  readonly body: string;
}

/** Texts are templates: whatever is filled in is escaped. */
const CONTENTS: Readonly<Record<AccountPage['kind'], Content>> = {
  choosePassword: {
    status: 200,
    title: 'Choose a new password',
    body: `{{#problem}}<p role="alert">{{problem}}</p>{{/problem}}
<form method="post" action="request_password_reset">
<input type="hidden" name="token" value="{{token}}">
<label>New password <input type="password" name="new_password" autocomplete="new-password" required autofocus></label>
<label>The same once more <input type="password" name="confirm_new_password" autocomplete="new-password" required></label>
<button>Change password</button>
</form>`,
  },
  passwordChanged: {
    status: 200,
    title: 'Your password has been changed',
    body: '<p>You can log in with it now.</p>',
  },
  resetLinkInvalid: {
    status: 400,
    title: 'This link does not work',
    body: '<p>It has been used already, or a newer one has been sent. Ask for another in the app.</p>',
  },
  resetLinkExpired: {
    status: 400,
    title: 'This link has expired',
    body: '<p>Ask for another in the app.</p>',
  },
  emailVerified: {
    status: 200,
    title: 'Your e-mail address is confirmed',
    body: '<p>Thank you. You can close this page.</p>',
  },
  verificationLinkInvalid: {
    status: 400,
    title: 'This link does not work',
    body: `<p>It has been used already, has expired, or a newer one has been sent.</p>
{{#token}}<form method="post" action="resend_verification_email">
<input type="hidden" name="token" value="{{token}}">
<button>Send a new mail</button>
</form>{{/token}}`,
  },
  verificationSent: {
    status: 200,
    title: 'Look into your mails',
    body: '<p>If your address was still to be confirmed, a new link is on its way.</p>',
  },
};

const LAYOUT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}} · {{appName}}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 10vh auto; padding: 0 1rem; color-scheme: light dark }
label, button { display: block; margin: 1rem 0 }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem }
button { font: inherit; padding: .5rem 1rem }
[role=alert] { border-left: .25rem solid #c00; padding-left: .75rem }
</style>
</head>
<body>
<p>{{appName}}</p>
<h1>{{title}}</h1>
{{> body}}
</body>
</html>
`;

/** No script, no frame, nothing from elsewhere; the address with its token is told to nobody and kept nowhere. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** A page as it is sent: plain HTML that needs no script. */
export interface RenderedPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** The page of that kind with its values escaped and in place. */
export function renderAccountPage(page: AccountPage, appName: string): RenderedPage {
  const { status, title, body } = CONTENTS[page.kind];
  const isRefused = page.kind === 'choosePassword' && page.problem !== undefined;
  return {
    status: isRefused ? 400 : status,
    // Its own: a response adds its length to the headers it is given.
    headers: { ...HEADERS },
    html: mustache.render(LAYOUT, { ...page, title, appName }, { body }),
  };
}
