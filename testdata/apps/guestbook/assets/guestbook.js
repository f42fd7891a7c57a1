// Uploads the picture straight to the bucket before the form is sent, shows it
// beforehand, and puts finished thumbnails into the page. Without this file the
// form sends the picture through the app.

const form = document.getElementById("sign");
const picture = document.getElementById("picture");
const pictureError = document.getElementById("picture-error");
const preview = document.getElementById("preview");
const status = document.getElementById("status");
const button = form.querySelector("button");
const token = form.elements.picture_token;
const maxBytes = 5 * 1024 * 1024;
const types = picture.accept.split(",");

function complain(text) {
  pictureError.textContent = text;
  pictureError.hidden = text === "";
  picture.toggleAttribute("aria-invalid", text !== "");
  picture.setAttribute("aria-describedby", text === "" ? "picture-hint" : "picture-hint picture-error");
}

function check(file) {
  if (!types.includes(file.type)) return "Please choose a JPEG, PNG, GIF or WebP picture.";
  if (file.size === 0) return "This file is empty.";
  if (file.size > maxBytes) return "Please choose a picture of at most 5 MB.";
  return "";
}

picture.addEventListener("change", () => {
  const file = picture.files[0];
  URL.revokeObjectURL(preview.src);
  token.value = "";
  const wrong = file ? check(file) : "";
  complain(wrong);
  preview.hidden = !file || wrong !== "";
  if (!preview.hidden) preview.src = URL.createObjectURL(file);
});

// upload returns the token of the uploaded picture. It throws when the bucket
// cannot be reached from here; then the form takes the picture along.
async function upload(file) {
  const grant = await fetch("/uploads", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ content_type: file.type, size: file.size }),
  });
  const answer = await grant.json();
  if (!grant.ok) throw new Error(answer.error);
  const put = await fetch(answer.url, { method: "PUT", headers: { "content-type": file.type }, body: file });
  if (!put.ok) throw new Error(`the bucket answered ${put.status}`);
  return answer.token;
}

let sending = false;

form.addEventListener("submit", async (event) => {
  const file = picture.files[0];
  if (sending) {
    event.preventDefault();
    return;
  }
  if (!file || token.value) return;
  event.preventDefault();
  const wrong = check(file);
  if (wrong) {
    complain(wrong);
    picture.focus();
    return;
  }
  sending = true;
  button.setAttribute("aria-disabled", "true");
  status.textContent = "Uploading your picture…";
  try {
    token.value = await upload(file);
    picture.disabled = true; // it is in the bucket; the form only names it
  } catch (err) {
    console.warn("direct upload failed, sending the picture with the form:", err.message);
  }
  status.textContent = "Signing…";
  form.submit();
});

// Coming back with the browser's history restores the page as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sending = false;
  picture.disabled = false;
  token.value = "";
  status.textContent = "";
  button.removeAttribute("aria-disabled");
});

function showThumbnail(item, entry) {
  const link = document.createElement("a");
  link.className = "picture";
  link.href = entry.picture_url;
  const image = document.createElement("img");
  image.src = entry.thumbnail_url;
  image.alt = `Picture from ${entry.name}`;
  link.append(image);
  item.querySelector(".picture").replaceWith(link);
}

function showBroken(item) {
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = "The picture could not be read.";
  item.querySelector(".picture").remove();
  item.querySelector(".words").append(hint);
}

// Ask for thumbnails that are being made: soon at first, then less often.
async function followThumbnails() {
  for (let wait = 400, tries = 0; tries < 40; tries++, wait = Math.min(wait * 1.3, 5000)) {
    const waiting = document.querySelectorAll('.entry[data-picture="waiting"]');
    if (waiting.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) continue;
    const answer = await fetch("/entries.json").catch(() => null);
    if (!answer?.ok) continue;
    const { entries } = await answer.json();
    for (const entry of entries) {
      const item = document.getElementById(`entry-${entry.id}`);
      if (item?.dataset.picture !== "waiting" || entry.picture === "waiting") continue;
      item.dataset.picture = entry.picture;
      if (entry.picture === "ready") showThumbnail(item, entry);
      else showBroken(item);
    }
  }
}

document.getElementById("problems")?.focus();
followThumbnails();
