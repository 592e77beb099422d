"""How a page looks: what nobody may have to suffer, whatever is on it."""

# What is smaller than 24 px and is to be hit.
SMALL = """[...document.querySelectorAll("a, button, input, textarea, select, summary")]
  .filter((each) => each.getClientRects().length > 0)
  .filter((each) => [...each.getClientRects()].some((box) => box.height < 24))
  .map((each) => each.outerHTML)"""
# Texts whose contrast with what is behind them is below WCAG's AA.
PALE = """(() => {
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // [red, green, blue, alpha].
  const parts = (color) => {
    if (!/^rgba?[(]/.test(color)) throw new Error(`not in rgb: ${color}`);
    const numbers = color.match(/[0-9.]+/g).map(Number);
    return numbers.length === 3 ? [...numbers, 1] : numbers;
  };
  const over = (front, behind, alpha) => [0, 1, 2].map((i) => front[i] * alpha + behind[i] * (1 - alpha));
  const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  // The colour of a pixel in the last of these elements, each the parent of the next: in its text, or beside it.
  const pixel = ([outermost, ...inner], behind, text) => {
    if (!outermost) return text ? over(text, behind, text[3]) : behind;
    const { backgroundColor, opacity } = getComputedStyle(outermost);
    const background = parts(backgroundColor);
    return over(pixel(inner, over(background, behind, background[3]), text), behind, Number(opacity));
  };
  const lineage = (element) => element ? [...lineage(element.parentElement), element] : [];
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, noscript")) continue;
    const style = getComputedStyle(element);
    const [lighter, darker] = [parts(style.color), null]
      .map((text) => luminance(pixel(lineage(element), canvas, text))).sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    if (contrast < (large ? 3 : 4.5)) pale.push([texts.currentNode.data.trim(), contrast]);
  }
  return pale;
})()"""


def expect_a_good_fit(browser, width):
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(SMALL) == []
    assert browser.evaluate(PALE) == []
