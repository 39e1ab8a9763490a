import { describe, expect, test } from 'vitest';
import { refusedHost } from '../../../src/ingest/public-hosts.ts';

describe('a source may be pulled from', () => {
  test.each([
    'https://media.example.com/film.mp4',
    'http://media.example.com/film.mp4',
    'https://media.example.com:8443/film.mp4?token=x#t',
    'https://8.8.8.8/film.mp4',
    'https://1.1.1.1:8080/',
    'https://11.0.0.1/',
    'https://172.15.0.1/',
    'https://172.32.0.1/',
    'https://100.63.255.255/',
    'https://100.128.0.0/',
    'https://192.167.0.1/',
    'https://169.253.0.1/',
    'https://223.255.255.255/',
    'https://xn--bcher-kva.example/',
    'https://localhost.example.com/',
    'https://internal.example.com/',
    'https://mylocal.com/',
    'HTTPS://MEDIA.EXAMPLE.COM/',
  ])('%s', (url) => {
    expect(refusedHost(url)).toBeNull();
  });
});

describe('a source may not be pulled from', () => {
  test.each([
    ['loopback', 'http://127.0.0.1/'],
    ['all of loopback', 'http://127.255.255.254/'],
    ['loopback in one number', 'http://2130706433/'],
    ['loopback in hexadecimal', 'http://0x7f000001/'],
    ['loopback in mixed bases', 'http://0x7f.0.0.1/'],
    ['loopback in octal', 'http://0177.0.0.1/'],
    ['loopback, shortened', 'http://127.1/'],
    ['loopback with a dot at the end', 'http://127.0.0.1./'],
    ['loopback in full-width digits', 'http://１２７.０.０.１/'],
    ['loopback, escaped', 'http://%31%32%37.0.0.1/'],
    ['loopback on a port', 'http://127.0.0.1:8787/v1/assets'],
    ['this network', 'http://0.0.0.0/'],
    ['zero', 'http://0/'],
    ['10/8', 'http://10.0.0.1/'],
    ['the end of 10/8', 'http://10.255.255.255/'],
    ['172.16/12', 'http://172.16.0.1/'],
    ['the end of 172.16/12', 'http://172.31.255.255/'],
    ['192.168/16', 'http://192.168.1.1/'],
    ['cloud metadata', 'http://169.254.169.254/latest/meta-data/'],
    ['carrier NAT', 'http://100.64.0.1/'],
    ['the end of carrier NAT', 'http://100.127.255.255/'],
    ['benchmarking', 'http://198.19.0.1/'],
    ['protocol assignments', 'http://192.0.0.1/'],
    ['multicast', 'http://224.0.0.1/'],
    ['broadcast', 'http://255.255.255.255/'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv4 in IPv6', 'http://[::ffff:127.0.0.1]/'],
    ['a public IPv6 address', 'http://[2606:4700:4700::1111]/'],
    ['a private IPv6 address', 'http://[fd00::1]/'],
    ['localhost', 'http://localhost/'],
    ['localhost in capitals', 'http://LOCALHOST:8787/'],
    ['localhost with a dot', 'http://localhost./'],
    ['below localhost', 'http://a.localhost/'],
    ['mDNS', 'http://printer.local/'],
    ['a metadata name', 'http://metadata.google.internal/'],
    ['a home network', 'http://nas.home.arpa/'],
    ['a name without a dot', 'http://intranet/'],
    ['a user name', 'https://user@media.example.com/'],
    ['a password', 'https://user:pw@media.example.com/'],
    ['an empty user name with a password', 'https://:pw@media.example.com/'],
    ['FTP', 'ftp://media.example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:video/mp4;base64,AAAA'],
    ['a script', 'javascript:alert(1)'],
    ['a path', '/etc/passwd'],
    ['no scheme', 'media.example.com/film.mp4'],
    ['nothing', ''],
    ['five numbers', 'http://1.2.3.4.5/'],
    ['a number too large', 'http://256.1.1.1/'],
  ])('%s: %s', (_, url) => {
    expect(refusedHost(url)).toEqual(expect.any(String));
  });

  test('and the reason does not repeat the URL', () => {
    expect(refusedHost('https://user:pw@media.example.com/')).not.toContain('pw@');
  });
});
