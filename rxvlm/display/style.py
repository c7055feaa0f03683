"""The style sheet of what a notebook shows: for light and dark themes, and for narrow outputs.

Every card brings it along, since a notebook may show one value alone. Words have the colour of the page, or a mixture
with it, so that they can be read in any theme; only symbols have a colour of its own.
"""

from __future__ import annotations

from typing import Final

SHARE_OF_DIM: Final = 0.72
"""How much of the page's own colour is in dimmed words; the rest is the background."""

SHARE_OF_BAD: Final = 0.5
"""How much of `BAD` is in the colour of an error; the rest is the page's own."""

BAD: Final = "#e03030"
"""What the colour of errors is mixed of."""

_CSS: Final = """
.rxv{font:13px/1.45 system-ui,sans-serif;box-sizing:border-box;max-width:860px;padding:8px 10px;border-radius:6px;
border:1px solid #8886;container-type:inline-size;overflow-wrap:anywhere}
.rxv *{box-sizing:border-box}
.rxv-progress{font:13px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
.rxv-part{margin-top:6px}
.rxv-head{font-weight:600;font-size:13px;line-height:1.45;margin:0}
.rxv-dim{color:color-mix(in srgb,currentColor DIM,transparent);font-size:12px}
.rxv-bad{color:color-mix(in srgb,BAD,currentColor)}
.rxv-sheet{display:flex;flex-wrap:wrap;gap:6px;align-items:flex-start}
.rxv figure{margin:0;flex:none;max-width:100%}
.rxv figure summary{list-style:none;cursor:zoom-in;width:fit-content;max-width:100%}
.rxv figure summary::-webkit-details-marker{display:none}
.rxv figure [open] summary{cursor:zoom-out}
.rxv figure img{display:block;margin:0;border-radius:3px;height:auto;max-width:100%}
.rxv figure [open] img{width:min(100cqw,640px)!important;max-width:none}
.rxv video{display:block;height:auto;max-width:100%;border-radius:3px}
.rxv pre{margin:0;font-size:12px;overflow-x:auto;white-space:pre-wrap}
TABLE{border-collapse:collapse;width:100%;margin:0;font-size:13px;table-layout:auto}
TABLE>caption{text-align:left;padding:0 0 4px;caption-side:top;color:inherit;font-weight:600}
TABLE>*>tr>*{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid #8884;
white-space:normal;max-width:none;font-weight:inherit}
TABLE>*>tr>th{font-weight:600;overflow-wrap:normal}
TABLE .rxv-more{display:none}
TABLE .rxv-say{min-width:130px}
@container (min-width:620px){TABLE .rxv-sheet{flex-wrap:nowrap}TABLE figure img{max-width:none}
TABLE .rxv-sheet:has([open]){flex-wrap:wrap}TABLE figure [open] img{width:min(55cqw,480px)!important}}
@container (max-width:619px){TABLE>caption,TABLE>tbody,TABLE>tbody>tr{display:block;text-align:left}
TABLE>thead{position:absolute;display:block;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
TABLE>tbody>tr{border-bottom:1px solid #8884;padding:4px 0}
TABLE>tbody>tr>td{display:inline-block;border:0;padding:0 12px 2px 0;max-width:100%}
TABLE>tbody>tr>td:nth-child(n+3)[data-head]:before{content:attr(data-head) " ";
color:color-mix(in srgb,currentColor DIM,transparent)}
TABLE>tbody>tr>td:has(.rxv-sheet,.rxv-say,.rxv-bad){display:block;padding:0 0 4px}
TABLE>tbody>tr>td:has(.rxv-say,.rxv-bad):before{content:""!important}}
.rxv-say :is(p,ul,ol,pre,table,blockquote){margin:0 0 4px}
.rxv-say :is(ul,ol){padding-left:20px}
.rxv-say > :last-child{margin-bottom:0}
.rxv-say table{border-collapse:collapse;display:block;overflow-x:auto}
.rxv-say :is(th,td){border:1px solid #8884;padding:1px 6px;text-align:left}
.rxv-bar{display:flex;height:14px;border-radius:3px;overflow:hidden;background:#8883}
.rxv-key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:4px}
.rxv-nowrap{white-space:nowrap;margin-right:10px}
"""


def _sheet() -> str:
    """Return the rules on one line, with the shares and selectors put in."""
    parts = {"DIM": f"{SHARE_OF_DIM:.0%}", "BAD": f"{BAD} {SHARE_OF_BAD:.0%}", "TABLE": ".rxv .rxv-table", "\n": ""}
    rules = _CSS.strip()
    for name, part in parts.items():
        rules = rules.replace(name, part)
    return f"<style>{rules}</style>"


STYLE: Final = _sheet()
"""The style sheet as an element of HTML."""
