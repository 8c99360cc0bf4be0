import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../src/account/mailer.ts';
import { readMailTemplates, renderMail } from '../../../src/account/mail-templates.ts';
import { createSmtpMailer } from '../../../src/account/smtp-mailer.ts';
import { type MailServer, startSmtpServer } from '../../support/start-smtp-server.ts';

const VALUES = {
  appName: 'Tour & Travel',
  username: '<b>ada</b>',
  email: 'ada@example.com',
  link: 'https://app.example.com/apps/demo/verify_email?token=abc&x=1',
};

describe('templates of mails', () => {
  it('are filled in as they are in text, and escaped in HTML', async () => {
    const { 'password-reset': template } = await readMailTemplates(undefined);
    const mail = renderMail(template, VALUES.email, VALUES);
    expect(mail.subject).toBe('Choose a new password for Tour & Travel');
    expect(mail.text).toContain('Hello <b>ada</b>,');
    expect(mail.text).toContain(VALUES.link);
    expect(mail.html).toContain('&lt;b&gt;ada&lt;&#x2F;b&gt;');
    expect(mail.html).not.toContain('<b>ada');
  });

  it('of verification hold nothing of the name, which whoever signs up can choose', async () => {
    const { verification } = await readMailTemplates(undefined);
    const mail = renderMail(verification, VALUES.email, VALUES);
    expect(`${mail.subject}${mail.text}${String(mail.html)}`).not.toContain('ada</b>');
    expect(mail.text).toContain(VALUES.link);
  });

  it('are replaced one by one by those of a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mails-'));
    try {
      await writeFile(join(folder, 'password-reset.subject.txt'), 'Neu\r\nBcc: x\n{{appName}}\n');
      const { 'password-reset': template, verification } = await readMailTemplates(folder);
      expect(renderMail(template, VALUES.email, VALUES).subject).toBe('Neu Bcc: x Tour & Travel');
      expect(template.text).toContain('Choose it here');
      expect(verification).toEqual((await readMailTemplates(undefined)).verification);
      await writeFile(join(folder, 'verification.html'), '<p>{{#open}}</p>');
      await expect(readMailTemplates(folder)).rejects.toThrow(
        /verification\.html cannot be parsed/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the SMTP mailer', () => {
  let server: MailServer;
  let mailer: Mailer;

  beforeAll(async () => {
    server = await startSmtpServer();
    mailer = createSmtpMailer({ url: server.url, from: 'Tours <no-reply@example.com>' });
  });
  afterAll(async () => {
    mailer.close();
    await server.close();
  });

  const mail = { subject: 'Hello', text: 'plain text', html: '<p>rich</p>' };

  it('hands over a mail in text and HTML to one recipient', async () => {
    await mailer.send({ ...mail, to: 'ada@example.com' });
    const received = await server.next();
    expect(received.recipients).toEqual(['ada@example.com']);
    expect(received.sender).toBe('no-reply@example.com');
    expect(received.head).toContain('From: Tours <no-reply@example.com>');
    expect(received.text).toContain('plain text');
    expect(received.text).toContain('<p>rich</p>');
  });

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com\u0000',
    'Ada <ada@example.com>',
    '"ada eve@example.com"@example.com',
    'ada@eve@example.com',
    ' ada@example.com',
    `${'a'.repeat(250)}@example.com`,
    '@example.com',
  ])('sends nothing to %j', async (to) => {
    await expect(mailer.send({ ...mail, to })).rejects.toThrow(/e-mail address/);
    expect(server.received).toEqual([]);
  });

  it('adds no header by a line break in the subject', async () => {
    await mailer.send({ ...mail, to: 'ada@example.com', subject: 'a\r\nBcc: eve@example.com' });
    const received = await server.next();
    expect(received.recipients).toEqual(['ada@example.com']);
    expect(received.head).not.toMatch(/^Bcc:/im);
  });

  it('fails when the server takes no mail', async () => {
    server.refuse(true);
    try {
      await expect(mailer.send({ ...mail, to: 'ada@example.com' })).rejects.toThrow();
    } finally {
      server.refuse(false);
    }
  });
});
