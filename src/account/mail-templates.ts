import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import mustache from 'mustache';
import type { Mail } from './mailer.ts';

/** The mails there are; a folder of templates holds `<name>.subject.txt`, `<name>.txt` and `<name>.html` for each it changes. */
export const MAIL_NAMES = ['verification', 'password-reset'] as const;

export type MailName = (typeof MAIL_NAMES)[number];

/** What a template may name in `{{…}}`. */
export interface MailValues {
  readonly appName: string;
  readonly username: string;
  readonly email: string;
  readonly link: string;
}

interface MailTemplate {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type MailTemplates = Readonly<Record<MailName, MailTemplate>>;

// The first mail goes to an address nobody has confirmed yet: no text that whoever signs up can choose goes to a stranger.
const DEFAULT_TEMPLATES: MailTemplates = {
  verification: {
    subject: 'Confirm your e-mail address for {{appName}}',
    text: [
      'Hello,',
      '',
      'please confirm that {{email}} is your address for {{appName}}:',
      '',
      '{{link}}',
      '',
      'If you have not asked for this, you can ignore this mail.',
      '',
    ].join('\n'),
    html: [
      '<p>Hello,</p>',
      '<p>please confirm that {{email}} is your address for {{appName}}:</p>',
      '<p><a href="{{link}}">Confirm my address</a></p>',
      '<p>If you have not asked for this, you can ignore this mail.</p>',
    ].join('\n'),
  },
  'password-reset': {
    subject: 'Choose a new password for {{appName}}',
    text: [
      'Hello {{username}},',
      '',
      'somebody, you we hope, has asked for a new password for {{appName}}. Choose it here:',
      '',
      '{{link}}',
      '',
      'If it was not you, ignore this mail: your password stays as it is.',
      '',
    ].join('\n'),
    html: [
      '<p>Hello {{username}},</p>',
      '<p>somebody, you we hope, has asked for a new password for {{appName}}.</p>',
      '<p><a href="{{link}}">Choose a new password</a></p>',
      '<p>If it was not you, ignore this mail: your password stays as it is.</p>',
    ].join('\n'),
  },
};

const PARTS = { subject: '.subject.txt', text: '.txt', html: '.html' } as const;

/**
 * The templates of a folder; what is not in it is our own. Without a folder, all are.
 * @throws Error that names the file when a template cannot be read or parsed.
 */
export async function readMailTemplates(folder: string | undefined): Promise<MailTemplates> {
  if (folder === undefined) return DEFAULT_TEMPLATES;
  const templates = await Promise.all(
    MAIL_NAMES.map(async (name) => [name, await readTemplate(folder, name)] as const),
  );
  // One entry for each name of the closed list.
  return Object.fromEntries(templates) as MailTemplates;
}

/** The mail of that name with its values in place: as they are in the text, escaped in HTML, on one line in the subject. */
export function renderMail(template: MailTemplate, to: string, values: MailValues): Mail {
  const plain = { escape: (value: unknown) => String(value) };
  const subject = mustache.render(template.subject, values, undefined, plain);
  return {
    to,
    subject: subject.replace(/[\s\p{Cc}]+/gu, ' ').trim(),
    text: mustache.render(template.text, values, undefined, plain),
    html: mustache.render(template.html, values),
  };
}

async function readTemplate(folder: string, name: MailName): Promise<MailTemplate> {
  const known = DEFAULT_TEMPLATES[name];
  const read = async (part: keyof typeof PARTS): Promise<string> => {
    const path = join(folder, `${name}${PARTS[part]}`);
    const text = await readIfPresent(path);
    if (text === undefined) return known[part];
    try {
      mustache.parse(text);
    } catch (error) {
      throw new Error(`the mail template ${path} cannot be parsed`, { cause: error });
    }
    return text;
  };
  const [subject, text, html] = await Promise.all([read('subject'), read('text'), read('html')]);
  return { subject, text, html };
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`the mail template ${path} cannot be read`, { cause: error });
  }
}
