// The page: photos that are chosen, what is painted of them, and what is shown.
import { paint, Problem } from "./paint.js";
import { reason, say, speak, speakAsBefore } from "./words.js";
import { zip } from "./zip.js";

const $ = id => document.getElementById(id);
const KEPT = 12; // paintings of each photo
const SHOWN = /^image\/(jpeg|png|webp|avif)$/; // what a browser shows, and can be painted to

const PASSING = ["network", "busy", "loading", "failed", "no-memory", "too-slow", "too-long", "bad-form"]; // may go well next time

// Each photo: its file, `url` to show it by, `format` to ask for where its own cannot be shown, `paintings` by what
// was asked for, `problem` where the last one failed, and whether it is `blank`: the browser cannot show it.
const photos = [];
let current = null; // the photo that is shown
let work = null; // what is being painted: its photo, key, and `stop`

const form = $("form");
const style = () => form.querySelector("input[name=style]:checked");

const options = [...form.querySelectorAll("[data-option]")];
const scale = () => (style().value ? null : $("scale").value); // where the photo is enlarged, not painted

/** What is to be asked for, of a photo, by the names of the API's fields; `others` before what the page says. */
function wanted(photo, others = {}) {
  const format = $("format").value || photo.format;
  if (scale()) return { scale: scale(), format, ...others };
  const fields = { style: style().value, format };
  for (const { name, type, value, checked } of options) fields[name] = type === "checkbox" ? String(checked) : value;
  return { ...fields, ...others };
}
const key = fields => JSON.stringify(fields);
const painting = photo => photo.paintings.get(key(wanted(photo)));
const problem = photo => (photo.problem?.of === key(wanted(photo)) ? photo.problem : null);
const isNext = photo => !painting(photo) && !problem(photo);
const isLost = photo => Boolean(photo.blank && problem(photo)); // neither shown nor painted

// Painting: one photo at a time, the one that is shown before the others.

function next() {
  const photo = [current, ...photos].find(photo => photo && isNext(photo));
  if (work && (!photos.includes(work.photo) || work.key !== key(wanted(work.photo)) || (photo === current && work.photo !== current))) {
    work.stop.abort();
    work = null;
  }
  if (!work && photo) start(photo);
  show();
}

async function start(photo) {
  const fields = wanted(photo);
  const mine = (work = { photo, fields, key: key(fields), stop: new AbortController(), news: say("sending") });
  try {
    for (;;) {
      try {
        const made = await ask(photo, fields, record => tell(mine, record), mine.stop.signal);
        keep(photo, mine.key, { ...made, fields, url: URL.createObjectURL(made.blob) });
        break;
      } catch (error) {
        if (!["busy", "loading"].includes(error.code)) throw error;
        await patience(mine, error);
      }
    }
  } catch (error) {
    if (mine.stop.signal.aborted) return;
    photo.problem = { of: mine.key, code: error instanceof Problem ? error.code : "failed" };
  }
  if (work === mine) {
    work = null;
    next();
  }
}

async function ask(photo, ...how) {
  if (photo.file.size > form.dataset.maxBytes) throw new Problem("too-many-bytes");
  return paint(photo.file, ...how);
}

function keep(photo, what, made) {
  photo.problem = null;
  photo.paintings.set(what, made);
  for (const [oldest, { url }] of photo.paintings) {
    if (photo.paintings.size <= KEPT) break;
    photo.paintings.delete(oldest);
    URL.revokeObjectURL(url);
  }
}

async function patience(mine, { code, seconds = 5 }) {
  for (let left = seconds; left > 0 && !mine.stop.signal.aborted; left--) {
    mine.news = say("later", { why: say(`error-${code}`), seconds: left });
    show();
    await new Promise(done => setTimeout(done, 1000));
  }
}

function tell(mine, { ahead, done, tiles }) {
  mine.share = tiles > 1 ? done / tiles : undefined;
  if (ahead) mine.news = say("ahead", { count: ahead });
  else if (mine.fields.scale) mine.news = tiles > 1 ? say("tiles-enlarged", { done, tiles }) : say("enlarging");
  else mine.news = tiles > 1 ? say("tiles", { done, tiles }) : say("begun");
  if (work === mine) showNews();
}

// Photos come and go.

function add(files) {
  const fresh = [], begins = $("empty").contains(document.activeElement);
  for (const file of files) {
    const format = SHOWN.test(file.type) ? "" : file.type === "image/gif" ? "png" : "jpeg";
    fresh.push({ file, url: URL.createObjectURL(file), format, paintings: new Map(), problem: null });
  }
  if (!fresh.length) return;
  photos.splice(0, photos.length, ...photos.filter(photo => !isLost(photo)), ...fresh);
  select(fresh[0]);
  $("stage").scrollIntoView({ block: "nearest" });
  if (begins) style().focus({ preventScroll: true });
}

function select(photo) {
  current = photo;
  $("photo").src = photo.url;
  next();
}

/** A photo that the browser cannot show, such as HEIC, is shown as the server reads it. */
async function develop(photo) {
  if (photo.blank) return;
  photo.blank = true;
  photo.format ||= "jpeg";
  next();
  try {
    const fields = { style: style().value, strength: 0, size: 64, detail: 0, format: "jpeg" };
    const { blob } = await ask(photo, fields, () => {}, new AbortController().signal);
    URL.revokeObjectURL(photo.url);
    photo.url = URL.createObjectURL(blob);
    photo.blank = false;
    if (photo === current) select(photo);
    else show();
  } catch {
    show(); // its painting says why
  }
}

function clear() {
  work?.stop.abort();
  work = null;
  for (const photo of photos) {
    URL.revokeObjectURL(photo.url);
    for (const { url } of photo.paintings.values()) URL.revokeObjectURL(url);
  }
  photos.length = 0;
  current = null;
  $("compare").style.visibility = "";
  $("photo").removeAttribute("src");
  $("painting").removeAttribute("src");
  for (const input of document.querySelectorAll("input[type=file]")) input.value = "";
  next();
  $("choose").focus();
}

// What is shown.

const title = name => form.querySelector(`input[name=style][value="${CSS.escape(name)}"]`).dataset.title;

function show() {
  const unseen = current?.blank && !current.paintings.size;
  $("compare").hidden = !current || unseen;
  $("empty").hidden = Boolean(current && !(unseen && problem(current)));
  form.classList.toggle("chosen", current !== null);
  $("all").hidden = photos.length < 2;
  $("all").disabled = photos.some(isNext) || !photos.some(painting);
  if (current) showPainting();
  showOptions();
  $("download").disabled = !(current && painting(current));
  showCaption();
  showNews();
  showPhotos();
}

/** The options of what is chosen: a painting's, or how large. */
function showOptions() {
  for (const option of options) option.closest("p").hidden = Boolean(scale());
  $("scale").closest("p").hidden = $("scale").disabled = !scale();
}

function showPainting() {
  const { name } = current.file;
  const made = painting(current);
  const full = made ? null : current.paintings.get(key(wanted(current, { strength: "1" })));
  const shown = made ?? full ?? [...current.paintings.values()].at(-1);
  $("photo").alt = say("photo-alt", { name });
  $("painting").hidden = !shown;
  $("split").disabled = !shown || Boolean(current.blank);
  $("stage").classList.toggle("busy", !made);
  $("compare").style.setProperty("--strength", full ? $("strength").value : 1);
  if (!shown) return;
  if ($("painting").getAttribute("src") !== shown.url) $("painting").src = shown.url;
  const { style, scale } = shown.fields;
  $("painting").alt = scale ? say("enlarged-alt", { name, scale }) : say("painting-alt", { name, title: title(style) });
  put("made", scale ? say("enlarged") : say("painting"));
}

/** Text that is there already is not said again. */
function put(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

/** Over the photo: why it is not painted; and in its place its name, as long as it cannot be shown. */
function showCaption() {
  const why = current && problem(current);
  put("unseen", current && !why && $("compare").hidden ? current.file.name : "");
  put("name", why ? current.file.name : "");
  put("problem", why ? say(`error-${why.code}`) : "");
  $("retry").hidden = !why || !PASSING.includes(why.code);
}

function showNews() {
  const mine = work && (work.photo === current || isNext(work.photo)) ? work : null;
  $("progress").hidden = !mine;
  if (mine?.share === undefined) $("progress").removeAttribute("value");
  else $("progress").value = mine.share;
  const count = photos.length, number = photos.indexOf(mine?.photo) + 1;
  const failed = photos.filter(problem);
  const done = [];
  if (current && painting(current)) done.push(scale() ? say("done-enlarged", { scale: scale() }) : say("done", { title: title(style().value) }));
  if (count > 1 && failed.length) done.push(say("failed", { failed: failed.length, count }));
  put("status", mine ? (count > 1 ? say("of", { number, count, what: mine.news }) : mine.news) : done.join(" · "));
  const others = failed.filter(photo => photo !== current);
  put("refused", others.map(photo => say("refused", { name: photo.file.name, why: say(`error-${problem(photo).code}`) })).join(" "));
}

function showPhotos() {
  const list = $("photos");
  list.hidden = photos.length < 2;
  while (list.children.length > photos.length) list.lastChild.remove();
  photos.forEach((photo, i) => {
    if (!list.children[i]) list.append(tile(i));
    const button = list.children[i].firstChild;
    const [image, name, why] = button.children;
    const made = painting(photo), refused = problem(photo);
    const state = made ? "done" : work?.photo === photo ? "painting" : refused ? "failed" : "waiting";
    const url = made ? made.url : photo.url;
    if (image.getAttribute("src") !== url) {
      image.src = url;
      image.hidden = false;
    }
    name.textContent = photo.file.name;
    why.textContent = state === "failed" ? reason(refused.code) : "";
    const label = `${say("show", { name: photo.file.name })} (${say(`state-${state}`)})`;
    button.dataset.state = state;
    button.setAttribute("aria-label", state === "failed" ? `${label}. ${say(`error-${refused.code}`)}` : label);
    button.setAttribute("aria-current", photo === current);
  });
}

/** What shows one of several photos: its picture, or else its name, and why it is not painted. */
function tile(i) {
  const item = document.createElement("li"), button = document.createElement("button");
  const image = document.createElement("img"), name = document.createElement("span"), why = document.createElement("span");
  button.type = "button";
  image.alt = "";
  name.className = "name";
  button.append(image, name, why);
  image.addEventListener("error", () => (image.hidden = true));
  button.addEventListener("click", () => select(photos[i]));
  item.append(button);
  return item;
}

function save({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// What people do.

for (const id of ["choose", "camera", "more"]) {
  $(id).addEventListener("change", () => {
    add([...$(id).files]);
    $(id).value = "";
  });
}
document.addEventListener("paste", event => add(event.clipboardData.files));
document.addEventListener("dragover", event => {
  event.preventDefault();
  $("stage").classList.add("over");
});
document.addEventListener("dragleave", event => event.relatedTarget || $("stage").classList.remove("over"));
document.addEventListener("drop", event => {
  event.preventDefault();
  $("stage").classList.remove("over");
  add(event.dataTransfer.files);
});

for (const input of [...form.querySelectorAll("input[name=style]"), ...options, $("scale"), $("format")]) {
  input.addEventListener("change", next);
}
for (const range of options.filter(({ type }) => type === "range")) {
  range.addEventListener("input", () => {
    $(`${range.id}-percent`).textContent = `${Math.round((100 * (range.value - range.min)) / (range.max - range.min))} %`;
    if (current) showPainting();
  });
}
$("split").addEventListener("input", () => $("compare").style.setProperty("--split", `${$("split").value}%`));
for (const id of ["photo", "painting"]) {
  $(id).addEventListener("load", () => {
    $("compare").style.setProperty("--ratio", $(id).naturalWidth / $(id).naturalHeight);
    $("compare").style.visibility = "visible";
  });
}
$("photo").addEventListener("error", () => current && develop(current));
$("retry").addEventListener("click", () => {
  current.problem = null;
  next();
});
$("download").addEventListener("click", () => save(painting(current)));
$("all").addEventListener("click", async () => {
  save({ blob: await zip(photos.map(painting).filter(Boolean)), name: scale() ? `enlarged-${scale()}x.zip` : `paintings-${style().value}.zip` });
});
$("anew").addEventListener("click", clear);
form.addEventListener("submit", event => event.preventDefault());

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    show();
  });
}
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
const showTheme = () => $("theme").setAttribute("aria-pressed", isDark());
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("copyart-theme", document.documentElement.dataset.theme);
  } catch {
    // A browser that keeps nothing follows the system next time.
  }
  showTheme();
});
dark.addEventListener("change", showTheme);

// Samples are painted when the server starts; a page that is opened before asks for them again.
for (const image of document.querySelectorAll(".card img")) {
  const again = () => setTimeout(() => (image.src = `${image.getAttribute("src").split("?")[0]}?${Date.now()}`), 1500);
  image.addEventListener("error", again);
  if (image.complete && !image.naturalWidth) again();
}

$("choose").required = false; // as it is where no script runs,
$("choose").multiple = true; // where a form takes one photo
speakAsBefore();
showTheme();
show();
