"""The studio: one local page to look at pictures, put labels right, label, train and try.

How it is made, and how a part is added to it:

The server (FastAPI, imported only when it starts). `here.Studio` is what every route works with: `project` (pictures,
labels and decisions in arrays: project.py), `jobs` (Linne's commands as processes: jobs.py), `thumbs` and `large`
(pictures made anew: thumbs.py), `source` (the pictures as a command names them), `run`, `home` (a folder in the cache
for this project). A new group of routes is a file `routes/NAME.py` with a `router`; it is found by itself:

    from fastapi import APIRouter
    from ..here import Here

    router = APIRouter(prefix="/api/try")

    @router.post("/predict")
    def predict(asked: Asked, here: Here) -> dict[str, Any]:
        '''What a page and the OpenAPI say of it.'''

A plain `def` runs in a thread. Raise a LinneError for what a person can put right: the page gets {"error": text} with
400 (409 for RunError, 404 for a picture that is gone). Every path below /api/ needs the token's cookie; what changes
anything is a POST of JSON (guard.py refuses the rest). A browser never names a path: it names a row, a job or an id
from a listing that the server made. Long work is a job: `here.jobs.start("train", ["train", here.source, ...], then)`
runs `linne train ... --json` and calls `then(result)`; the page reads how far it is from /api/jobs.

The page (plain ES modules in static/, no build). A new part is a file `panels/NAME.js`; it is found by itself:

    export const title = "Try", order = 50, key = "Y";      // key: Shift+letter opens it
    export const zh = { "Try": "试用", "{n} pictures": "{n} 张图片" };   // every text, English to Chinese
    export function mount(root, api, t) {                    // root: an empty <section>
      return { unmount() {}, keys: { "x": ["Leave out", () => ...] }, help: [["1-9", "the class"]] };
    }

t("{n} pictures", { n: 3 }) gives text in the page's language, never HTML; `ui.js` has h() (elements; text is always
text), toast(), dialog(), choose(), job() (a line with progress and a stop button), command() (the command that would
do the same, with a button that copies it). api.js: get(path), post(path, body), bytes(path), thumb(row) and `project`
(what /api/project said, kept fresh), with events "changes" (rows that somebody decided on) and "jobs". Styles: the
tokens at the head of studio.css (--ground --panel --ink --soft --line --accent --good --warn --bad), light and dark.
Keys are offered while no field has the focus, and can be switched off (WCAG 2.1.4).
"""
