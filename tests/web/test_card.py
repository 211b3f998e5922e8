"""The card: front matter that YAML and the hub's own reader take, figures with intervals, names that stay text."""

import re

import numpy as np
import pytest
import yaml

from linne.core.recipe import Recipe
from linne.web.card import base_model, block, card, escaped
from linne.web.gather import gather


def parts(text: str) -> tuple[dict, str]:
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_front_matter(page):
    front, _ = parts(card(page))
    assert front["pipeline_tag"] == "image-classification"
    assert front["library_name"] == "timm"
    assert front["license"] == "apache-2.0"
    assert "base_model" not in front
    (entry,) = front["model-index"]
    (figure,) = entry["results"][0]["metrics"]
    head = page["figures"]["headline"]
    assert figure["type"] == "accuracy"
    assert figure["value"] == head["value"]
    assert f"[{100 * head['low']:.1f}, {100 * head['high']:.1f}]" in figure["name"]
    assert entry["results"][0]["dataset"] == {"name": "pets", "type": "pets", "split": "test"}


def test_the_hub_reads_it(page):
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(card(page)).data
    assert data.pipeline_tag == "image-classification"
    assert data.eval_results[0].metric_value == page["figures"]["headline"]["value"]


def test_what_it_says(page):
    _, body = parts(card(page))
    for part in (
        "# pets", "3 classes", "18 test", "read once", "can only resolve", "near duplicates", "2 labels.", "linne 0.",
        "local-dir:RUN", "logits / 1.1000", "linne predict RUN", "linne train some/where/pets --seed 7 --out runs/a",
    ):  # fmt: skip
        assert part in body, part
    assert "stray files" not in body


def test_hostile_names_stay_text(result, hostile):
    made = result(classes=hostile, each=10)
    made.data.images.__dict__["came_from"] = f"data/{hostile[1]}"
    text = card(gather(made, Recipe(), "linne train '```x'"))
    text.encode("utf-8")
    front, body = parts(text)
    assert front["model-index"][0]["name"] == hostile[1]
    assert "<script" not in body.replace("\\<script", "")
    rows = [line for line in body.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 5}
    assert "````sh\nlinne train '```x'\n````" in body


def test_escaping_shows_the_text_as_it_is():
    markdown = pytest.importorskip("markdown_it")
    for name in ("<b>x</b>", "*a* _b_ `c` [d](e) #f | g ~h~ \\ &amp; ![i](j)", "$x$"):
        html = markdown.MarkdownIt("commonmark").render(escaped(name))
        import html as entities

        assert re.fullmatch(r"<p>[^<]*</p>\n", html), html
        assert entities.unescape(html[3:-5]) == name
    assert escaped("two\nlines") == "two lines"
    assert block("a ``` b").startswith("````sh\n")


def test_where_the_network_is_on_the_hub():
    assert base_model({"network": "tf_efficientnet_lite0", "source": "package x"}) == "timm/tf_efficientnet_lite0.in1k"
    assert base_model({"network": "vit_small.augreg_in1k", "source": "hub y"}) == "timm/vit_small.augreg_in1k"
    assert base_model({"network": "resnet18", "source": "hub y"}) == ""
    assert base_model({"network": "tf_efficientnet_lite0", "source": "file mine.pth"}) == ""


def test_no_figure_is_hidden(page):
    _, body = parts(card(page))
    rows = [line for line in body.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(page["figures"]["figures"]) + 1 + 2 + 3
    assert np.isfinite(page["figures"]["headline"]["value"])
