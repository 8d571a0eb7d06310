// Files that come to the page: dropped on it, pasted into it, or chosen.

const dropping = document.getElementById("dropping");

/** Call `take(files)` for files that come while no dialog is open. */
export function receiveFiles(take) {
  const chooser = document.getElementById("chooser");
  document.getElementById("attach").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    take([...chooser.files]);
    chooser.value = "";
  });
  document.addEventListener("paste", (event) => {
    // A cell of a table comes as its words and as a picture of them.
    if (!event.clipboardData.types.includes("text/plain")) receive(event, event.clipboardData, take);
  });
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    dropping.hidden = isDialogOpen();
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    dropping.hidden = !relatedTarget;
  });
  document.addEventListener("drop", (event) => {
    dropping.hidden = true;
    receive(event, event.dataTransfer, take);
  });
}

/** A browser would open a file that nobody takes. */
function receive(event, transfer, take) {
  if (!hasFiles(transfer)) return;
  event.preventDefault();
  if (!isDialogOpen()) take([...transfer.files]);
}

function hasFiles({ types }) {
  return types.includes("Files");
}

function isDialogOpen() {
  return Boolean(document.querySelector("dialog:modal"));
}
