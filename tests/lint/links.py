"""Links in the documentation lead somewhere: to a file of the tree, and to a heading of it."""

import os
import re
import urllib.parse

import tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.M)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
INLINE = re.compile(r"`[^`\n]*`")
OUTSIDE = ("http://", "https://", "mailto:")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def slugs(text):
    """The anchors that a renderer makes of the headings."""
    found, seen = set(), {}
    for title in HEADING.findall(FENCE.sub(blank, text)):
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def broken(root, name, link):
    """Why the link does not resolve, or None."""
    path, _, anchor = urllib.parse.unquote(link).partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
    if target.startswith(".."):
        return f"{link} leads out of the tree"
    if not os.path.exists(os.path.join(root, target)):
        return f"{link} leads nowhere"
    if anchor and target.endswith(".md") and anchor not in slugs(tree.read(root, target)):
        return f"{link}: no such heading"
    return None


def check(root):
    for name in tree.files(root, ".md"):
        text = INLINE.sub(blank, FENCE.sub(blank, tree.read(root, name)))
        for match in LINK.finditer(text):
            if match.group(1).startswith(OUTSIDE):
                continue
            reason = broken(root, name, match.group(1))
            if reason:
                yield name, text.count("\n", 0, match.start()) + 1, reason


if __name__ == "__main__":
    tree.main(check)
