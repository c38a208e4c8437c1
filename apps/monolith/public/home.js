// The page is a client of the public API like any other.
/** These requests count against the rate limit of the visitor's address. */
const STATE_EVERY_MS = 60_000;
const STATE_TIMEOUT_MS = 5_000;
const PAGE_SIZE = 20;
/** Of a slug. */
const ID_END = /-[0-9a-f]{8}$/;
const element = (id) => document.getElementById(id);

const get = async (path) => {
  const reply = await fetch(path);
  if (!reply.ok) throw Object.assign(new Error(`${path} answered with ${reply.status}.`), { status: reply.status });
  return reply.json();
};

/** Inserts strings as text. Only `bodyHtml`, which the server has sanitised, is parsed as HTML. */
const make = (tag, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
};

const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;

const when = (time) => new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' });

const byline = ({ author, publishedAt, likes, comments, tags }) =>
  make(
    'p',
    { className: 'meta' },
    [
      author.displayName,
      when(publishedAt),
      counted(likes, 'like'),
      counted(comments, 'comment'),
      tags.map((tag) => `#${tag}`).join(' '),
    ]
      .filter(Boolean)
      .join(' · '),
  );

const entry = (post) =>
  make(
    'li',
    {},
    make('h3', {}, make('a', { href: `#${post.slug}` }, post.title)),
    ...(post.summary ? [make('p', {}, post.summary)] : []),
    byline(post),
  );

const services = { auth: 'accounts', users: 'profiles', posts: 'posts', notifications: 'notifications' };

/** Where a service runs, and whether it answers: each service is asked for itself, whichever process it is in. */
async function stateOf(service) {
  const signal = AbortSignal.timeout(STATE_TIMEOUT_MS);
  const reply = await fetch(`/v1/${service}/status`, { signal }).catch(() => undefined);
  // A visitor over the rate limit (429) has been answered, too.
  const works = reply !== undefined && reply.status < 500;
  return { service, works, process: works ? reply.headers.get('x-served-by') : undefined };
}

async function showState() {
  const states = await Promise.all(Object.keys(services).map(stateOf));
  const processes = [...new Set(states.flatMap(({ process }) => process ?? []))];
  const where = processes.length === 1 ? `in one process, ${processes[0]}` : `in ${processes.length} processes`;
  const marks = states.map(({ service, works }) => `${works ? '●' : '○'}\u00a0${services[service]}`).join('  ');
  const down = states.filter(({ works }) => !works).length;
  element('state').textContent =
    `${marks} – ${down === 0 ? `all work, ${where}` : counted(down, 'service') + ' cannot answer'}`;
}

let shownPage = 1;

async function showPosts({ category, page }) {
  const filter = category ? `&category=${encodeURIComponent(category)}` : '';
  const { data, meta } = await get(`/v1/posts?limit=${PAGE_SIZE}&page=${page}${filter}`);
  element('count').textContent = `${meta.total} in all`;
  element('posts').replaceChildren(...(data.length > 0 ? data.map(entry) : [make('li', {}, 'Nothing yet.')]));
  const isLast = page * PAGE_SIZE >= meta.total;
  element('pages').replaceChildren(
    ...(page > 1 ? [make('a', { href: listHash(category, page - 1) }, '← Newer')] : []),
    ...(isLast ? [] : [make('a', { href: listHash(category, page + 1) }, 'Older →')]),
  );
  document.title = category ? `${category} – Twofold` : 'Twofold';
  // The link that was followed is gone: go on at the beginning of the list.
  if (page !== shownPage) element('latest').focus();
  shownPage = page;
}

const listHash = (category, page) =>
  ['#', category ? `category/${category}` : '', page > 1 ? `/page/${page}` : ''].join('').replace('#/', '#');

async function showCategories() {
  const { data } = await get('/v1/categories');
  const links = data.map(({ slug, name }) => make('a', { href: `#category/${slug}` }, name));
  element('categories').replaceChildren(make('a', { href: '#' }, 'All'), ...links);
}

/** Lets links to posts open them here. Links to other files of the repository lead nowhere on this site: they show its path. */
function rewriteLinks(article) {
  for (const link of article.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href');
    if (/^(?:[a-z]+:|#)/i.test(href)) continue;
    const [, slug] = /^\/v1\/posts\/([a-z0-9-]+)(?:#.*)?$/.exec(href) ?? [];
    if (slug) link.href = `#${slug}`;
    else link.replaceWith(...fileReference(link, href));
  }
}

/** The guides are two folders below the root of the repository. */
function fileReference(link, href) {
  const path = href.startsWith('../') ? href.replace(/^(\.\.\/)+/, '').replace(/#.*/, '') : undefined;
  if (path === undefined || link.textContent === path) return [make('code', {}, link.textContent)];
  return [...link.childNodes, ' (', make('code', {}, path), ')'];
}

/** What is wider than the page scrolls, also with the keyboard. */
function makeScrollable(article) {
  for (const table of article.querySelectorAll('table')) {
    const frame = make('div', { className: 'wide' });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const wide of article.querySelectorAll('.wide, pre')) {
    Object.assign(wide, { tabIndex: 0, role: 'group', ariaLabel: wide.matches('pre') ? 'Code' : 'Table' });
  }
}

const comment = ({ author, bodyHtml, depth, createdAt }) => {
  const text = make('div', {});
  text.innerHTML = bodyHtml ?? '<p><em>deleted</em></p>';
  const who = make('p', { className: 'meta' }, `${author?.displayName ?? 'Unknown author'} · ${when(createdAt)}`);
  return make('div', { className: `comment depth-${Math.min(depth, 2)}` }, who, text);
};

async function showPost(slug) {
  const reader = element('reader');
  const { data: post } = await get(`/v1/posts/${encodeURIComponent(slug)}`);
  const { data: comments } = await get(`/v1/posts/${post.id}/comments?limit=100`);
  const article = make('article', {}, make('h1', {}, post.title), byline(post));
  const text = make('div', {});
  text.innerHTML = post.bodyHtml;
  article.append(text, make('h2', {}, counted(post.comments, 'comment')), ...comments.map(comment));
  rewriteLinks(text);
  makeScrollable(text);
  document.title = `${post.title} – Twofold`;
  reader.replaceChildren(make('p', {}, make('a', { href: '#' }, '← All posts')), article);
  scrollTo(0, 0);
}

/** `#break-it` opens the post whose slug is `break-it-` and the end of its id, if a search for these words finds it. */
async function fullSlug(name) {
  if (ID_END.test(name)) return name;
  const { data } = await get(`/v1/posts?limit=20&q=${encodeURIComponent(name.replaceAll('-', ' '))}`);
  return data.find(({ slug }) => slug.replace(ID_END, '') === name)?.slug ?? name;
}

function nameIn(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

async function route() {
  const name = nameIn(location.hash.slice(1));
  const { category, page } =
    /^(?:category\/(?<category>[^/]+))?(?:(?:^|\/)page\/(?<page>[1-9]\d*))?$/.exec(name)?.groups ?? {};
  const reads = name !== '' && !category && !page;
  try {
    if (reads) await showPost(await fullSlug(name));
    else await showPosts({ category, page: Number(page ?? 1) });
  } catch (error) {
    const message = make('p', {}, `${error.message} `, make('a', { href: '#' }, 'All posts'));
    const what = error.status === 404 ? 'Not found' : 'Not available';
    document.title = `${what} – Twofold`;
    element('pages').replaceChildren();
    if (reads) element('reader').replaceChildren(make('h1', {}, what), message);
    else element('posts').replaceChildren(make('li', {}, message));
  }
  element('front').hidden = reads;
  element('reader').hidden = !reads;
}

element('login').textContent = [
  `curl ${location.origin}/v1/auth/login \\`,
  `  -H 'Content-Type: application/json' \\`,
  `  -d '{"email":"demo@example.com",`,
  `       "password":"twofold-demo"}'`,
].join('\n');
addEventListener('hashchange', route);
setInterval(() => document.hidden || void showState(), STATE_EVERY_MS);
await Promise.all([showState(), showCategories().catch(() => undefined), route()]);
