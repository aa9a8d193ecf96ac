#!/usr/bin/env python3
"""Makes the PDF documents of the handbook from the texts in pdf-sources/.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make-pdfs.py [--nanum FOLDER] [NAME ...]

A source is a small part of Markdown: headings of three levels, paragraphs,
lists, pipe tables and **bold**, after a block of "key: value" lines:

    output     path below documents/
    title, subtitle, number, version, date, author
    language   en or ko
    font       the standard fonts times or helvetica; cid: Korean fonts that are
               named and not embedded, so that a reader needs poppler-data;
               nanum: NanumGothic (Debian's fonts-nanum), embedded as a subset
    front      pages: a cover and a table of contents with roman page labels
               before page 1; heading: the title stands on page 1

A line "\\newpage" begins a page. The output depends on the source, the fonts
and the version of reportlab alone: the same input gives the same bytes.
"""

import argparse
import html
import re
import sys
from pathlib import Path

from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

HERE = Path(__file__).resolve().parent
COMPANY = {"en": "Hanvecht Instruments", "ko": "한베흐트계측"}
CONTENTS = {"en": "Contents", "ko": "차례"}
INK = colors.HexColor("#1d2a3a")
RULE = colors.HexColor("#9aa7b5")
SHADE = colors.HexColor("#e8edf2")


class SourceError(Exception):
    """A source that this script cannot read, with its file and line."""


def register_fonts(name, nanum):
    """Returns the names of the text font and of the heading font."""
    if name == "times":
        return "Times-Roman", "Times-Bold"
    if name == "helvetica":
        return "Helvetica", "Helvetica-Bold"
    if name == "cid":
        for face in ("HYSMyeongJo-Medium", "HYGothic-Medium"):
            pdfmetrics.registerFont(UnicodeCIDFont(face))
        return "HYSMyeongJo-Medium", "HYGothic-Medium"
    if name == "nanum":
        for face in ("NanumGothic", "NanumGothicBold"):
            path = nanum / f"{face}.ttf"
            if not path.is_file():
                raise SourceError(f"{path} is missing: install fonts-nanum or give --nanum FOLDER")
            pdfmetrics.registerFont(TTFont(face, str(path)))
        return "NanumGothic", "NanumGothicBold"
    raise SourceError(f"unknown font {name}; known are times, helvetica, cid, nanum")


def read_source(path):
    """Returns the header of a source as a dictionary, and its body's lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise SourceError(f"{path}: no header between two lines ---")
    end = lines.index("---", 1)
    header = {}
    for number, line in enumerate(lines[1:end], 2):
        key, separator, value = line.partition(":")
        if not separator:
            raise SourceError(f"{path}:{number}: not a line 'key: value'")
        header[key.strip()] = value.strip()
    for key in ("output", "title", "number", "version", "date", "language", "font", "front"):
        if key not in header:
            raise SourceError(f"{path}: the header has no {key}")
    return header, lines[end + 1 :]


def roman(number):
    """Returns a number below 40 in small roman numerals."""
    tens, ones = divmod(number, 10)
    digits = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"]
    return "x" * tens + digits[ones]


def styles(text_font, heading_font, language):
    """Returns the paragraph styles by name."""
    size, leading = (10.5, 15) if language == "en" else (10.5, 17)

    def style(name, **values):
        settings = dict(fontName=text_font, fontSize=size, leading=leading, textColor=INK)
        return ParagraphStyle(name, **{**settings, **values})

    def heading(level, points, before, after):
        return style(
            f"heading{level}",
            fontName=heading_font,
            fontSize=points,
            leading=points * 1.35,
            spaceBefore=before,
            spaceAfter=after,
            keepWithNext=1,
        )

    return {
        "text": style("text", spaceAfter=7),
        "item": style("item", spaceAfter=3),
        "cell": style("cell", fontSize=9.5, leading=13),
        "head": style("head", fontName=heading_font, fontSize=9.5, leading=13),
        "title": style("title", fontName=heading_font, fontSize=24, leading=32, spaceAfter=8),
        "subtitle": style("subtitle", fontSize=13, leading=19, spaceAfter=16),
        "heading1": heading(1, 16, 12, 8),
        "heading2": heading(2, 12.5, 10, 5),
        "heading3": heading(3, 10.5, 8, 4),
        "contents0": style("contents0", spaceAfter=4),
        "contents1": style("contents1", leftIndent=14, fontSize=9.5, leading=14),
    }


class HandbookDocument(BaseDocTemplate):
    """A document with running lines, an outline and page labels."""

    def __init__(self, path, header, fonts):
        super().__init__(
            str(path),
            pagesize=A4,
            invariant=1,
            lang=header["language"],
            title=header["title"],
            author=header.get("author", COMPANY[header["language"]]),
            subject=f"{header['number']}, {header['version']}",
        )
        self.header, self.fonts = header, fonts
        self.first_body_page = None
        frame = Frame(24 * mm, 24 * mm, A4[0] - 48 * mm, A4[1] - 50 * mm, 0, 0, 0, 0)
        self.addPageTemplates(
            [
                PageTemplate("cover", [frame], onPage=self.begin_cover),
                PageTemplate("front", [frame], onPage=self.begin_front),
                PageTemplate("body", [frame], onPage=self.begin_body),
            ]
        )

    def beforeDocument(self):
        # multiBuild lays the document out more than once.
        self.first_body_page = None
        self.headings = 0

    def label(self, page):
        """Returns the label that is printed on a page."""
        if self.first_body_page is None:
            return roman(page)
        return str(page - self.first_body_page + 1)

    def begin_cover(self, canvas, _):
        canvas.addPageLabel(0, "ROMAN_LOWER", 1)

    def begin_front(self, canvas, _):
        self.draw_running_lines(canvas)

    def begin_body(self, canvas, _):
        if self.first_body_page is None:
            self.first_body_page = canvas.getPageNumber()
            canvas.addPageLabel(self.first_body_page - 1, "ARABIC", 1)
        self.draw_running_lines(canvas)

    def draw_running_lines(self, canvas):
        language = self.header["language"]
        left, right = 24 * mm, A4[0] - 24 * mm
        top, bottom = A4[1] - 15 * mm, 14 * mm
        canvas.saveState()
        canvas.setFont(self.fonts[0], 8.5)
        canvas.setFillColor(INK)
        canvas.setStrokeColor(RULE)
        canvas.drawString(left, top, self.header["title"])
        canvas.drawRightString(right, top, self.header["number"])
        canvas.line(left, top - 2 * mm, right, top - 2 * mm)
        canvas.line(left, bottom + 4 * mm, right, bottom + 4 * mm)
        canvas.drawString(left, bottom, f"{COMPANY[language]}, {self.header['version']}")
        canvas.drawRightString(right, bottom, self.label(canvas.getPageNumber()))
        canvas.restoreState()

    def afterFlowable(self, flowable):
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        self.headings += 1
        key = f"heading-{self.headings}"
        text = flowable.getPlainText()
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level, closed=False)
        if level < 2:
            number = self.canv.getPageNumber() - self.first_body_page + 1
            self.notify("TOCEntry", (level, text, number, key))


def inline(text):
    """Returns a line's text in reportlab's markup."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text, quote=False))


def bold(markup, heading_font):
    """Sets bold words in the heading font: the Korean fonts have no bold face."""
    return markup.replace("<b>", f'<font name="{heading_font}">').replace("</b>", "</font>")


class Body:
    """Turns the lines of a source into flowables."""

    def __init__(self, path, lines, style, heading_font, width):
        self.path, self.lines, self.style = path, lines, style
        self.heading_font, self.width = heading_font, width

    def paragraph(self, text, name):
        return Paragraph(bold(inline(text), self.heading_font), self.style[name])

    def flowables(self):
        result, index = [], 0
        while index < len(self.lines):
            line = self.lines[index]
            end = index + 1
            if not line.strip():
                pass
            elif line.strip() == "\\newpage":
                result.append(PageBreak())
            elif match := re.match(r"(#{1,3}) (.+)", line):
                level = len(match[1])
                heading = self.paragraph(match[2], f"heading{level}")
                heading.outline_level = level - 1
                result.append(heading)
            elif line.startswith("|"):
                while end < len(self.lines) and self.lines[end].startswith("|"):
                    end += 1
                result += [self.table(self.lines[index:end], index + 1), Spacer(1, 8)]
            elif item := re.match(r"(- |\d+\. )", line):
                pattern = r"- " if item[1] == "- " else r"\d+\. "
                while end < len(self.lines) and re.match(pattern + r"|  \S", self.lines[end]):
                    end += 1
                result += [self.list(self.lines[index:end], pattern), Spacer(1, 5)]
            else:
                while end < len(self.lines) and re.match(r"[^\s#|\\-]", self.lines[end]):
                    end += 1
                result.append(self.paragraph(" ".join(self.lines[index:end]), "text"))
            index = end
        return result

    def list(self, lines, pattern):
        items = []
        for line in lines:
            if re.match(pattern, line):
                items.append(re.sub(pattern, "", line, count=1))
            else:
                items[-1] += " " + line.strip()
        bullets = pattern == r"- "
        return ListFlowable(
            [ListItem(self.paragraph(text, "item")) for text in items],
            bulletType="bullet" if bullets else "1",
            start="•" if bullets else 1,
            bulletFormat=None if bullets else "%s.",
            bulletFontName="Helvetica",
            bulletFontSize=9.5,
            leftIndent=16,
        )

    def table(self, lines, number):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
        if len(rows) < 3 or not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
            raise SourceError(f"{self.path}: body line {number}: a table needs a head and a rule")
        widths = [len(row) for row in rows]
        if len(set(widths)) != 1:
            raise SourceError(f"{self.path}: body line {number}: rows of unequal length")
        longest = [max(len(row[column]) for row in rows) for column in range(widths[0])]
        weights = [min(max(length, 13), 48) for length in longest]
        columns = [self.width * weight / sum(weights) for weight in weights]
        cells = [[self.paragraph(cell, "head") for cell in rows[0]]]
        cells += [[self.paragraph(cell, "cell") for cell in row] for row in rows[2:]]
        look = TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, RULE),
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
        return Table(cells, colWidths=columns, repeatRows=1, style=look)


def make(source, nanum):
    """Makes the PDF of one source and returns its path."""
    header, lines = read_source(source)
    fonts = register_fonts(header["font"], nanum)
    style = styles(*fonts, header["language"])
    path = HERE / "documents" / header["output"]
    path.parent.mkdir(parents=True, exist_ok=True)
    document = HandbookDocument(path, header, fonts)
    body = Body(source, lines, style, fonts[1], A4[0] - 48 * mm)

    opening = [Paragraph(inline(header["title"]), style["title"])]
    if header.get("subtitle"):
        opening.append(Paragraph(inline(header["subtitle"]), style["subtitle"]))
    facts = f"{header['number']}, {header['version']}, {header['date']}"
    opening.append(Paragraph(inline(facts), style["text"]))

    if header["front"] == "pages":
        contents = TableOfContents(
            levelStyles=[style["contents0"], style["contents1"]], dotsMinLevel=0
        )
        story = [Spacer(1, 70 * mm), KeepTogether(opening), NextPageTemplate("front"), PageBreak()]
        story += [Paragraph(CONTENTS[header["language"]], style["heading1"]), contents]
        story += [NextPageTemplate("body"), PageBreak()]
    elif header["front"] == "heading":
        document.pageTemplates = document.pageTemplates[2:]
        story = opening
    else:
        raise SourceError(f"{source}: front is pages or heading, not {header['front']}")
    document.multiBuild(story + body.flowables())
    return path


def main():
    parser = argparse.ArgumentParser(description="Makes the PDF documents of the handbook.")
    parser.add_argument("names", nargs="*", help="sources to make, without .md (default: all)")
    parser.add_argument(
        "--nanum",
        type=Path,
        default=Path("/usr/share/fonts/truetype/nanum"),
        help="folder of NanumGothic.ttf and NanumGothicBold.ttf",
    )
    arguments = parser.parse_args()
    rl_config.invariant = 1
    sources = sorted((HERE / "pdf-sources").glob("*.md"))
    if arguments.names:
        sources = [HERE / "pdf-sources" / f"{name}.md" for name in arguments.names]
    try:
        for source in sources:
            path = make(source, arguments.nanum)
            print(f"{path.relative_to(HERE)}: {path.stat().st_size} bytes")
    except (SourceError, OSError) as error:
        sys.exit(f"make-pdfs.py: {error}")


if __name__ == "__main__":
    main()
