"""Why a document is not taken, and what to do: the words of every rule."""

from app.applications.documents.formats import NAMES, NAMES_EN
from app.tabular.table import Unreadable

WORDS = {
    "archive": (
        "書庫（ZIPなど）は受け取れません。中のファイルを1つずつ送ってください。",
        "Archives (ZIP and the like) are not taken. Send the files in it one by one.",
    ),
    "heic": (
        "HEICやAVIFの写真は読めません。JPEGで保存し直して送ってください（iPhoneの設定では「互換性優先」）。",
        'HEIC and AVIF pictures cannot be read. Save them as JPEG (on an iPhone: "Most Compatible").',
    ),
    "macros": (
        "マクロ付きの文書は受け取れません。マクロのない形式（.xlsx、.docx、.pptx）かPDFで保存し直して送ってください。",
        "Documents with macros are not taken. Save them without (.xlsx, .docx, .pptx) or as PDF.",
    ),
    "old-office": (
        "古い形式のOffice文書は受け取れません。新しい形式（.xlsx、.docx、.pptx）かPDFで保存し直して送ってください。",
        "Old Office documents are not taken. Save them as .xlsx, .docx, .pptx or PDF.",
    ),
    "kind": (
        f"この種類のファイルは受け取れません。{NAMES}のどれかで送ってください。",
        f"Files of this kind are not taken. Send one of {NAMES_EN}.",
    ),
    "empty": (
        "ファイルの中身が空です。元のファイルを確かめて、もう一度送ってください。",
        "The file is empty. Check it and send it again.",
    ),
    "two-in-one": (
        "ファイルの中に別の種類の内容（HTML、PDF、ZIPなど）が隠れています。元のソフトで保存し直して送ってください。",
        "Content of another kind (HTML, PDF, ZIP …) is hidden in the file. Save it again in its own program.",
    ),
    "too-much-memory": (
        "開くのに必要なメモリーが大きすぎます。写真を縮小するか、分けて送ってください。",
        "Opening the file takes too much memory. Make its pictures smaller or send it in parts.",
    ),
    "too-slow": (
        "読むのに時間がかかりすぎました。内容を簡単にするか、分けて送ってください。",
        "Reading the file took too long. Make it simpler or send it in parts.",
    ),
    "damaged": (
        "ファイルが途中で切れているか壊れています。元のソフトで開いて保存し直し、もう一度送ってください。",
        "The file is cut off or damaged. Open it in its own program, save it again, and send it once more.",
    ),
    "password": (
        "パスワードが付いています。外して保存し直し、もう一度送ってください。",
        "The file is protected by a password. Save it without one and send it again.",
    ),
    "pdf-active": (
        "PDFの中に、開くと動くしかけ（JavaScript、プログラムの起動、送信など）があります。「PDFとして印刷」で保存し直して送ってください。",
        "The PDF holds something that runs when it is opened (JavaScript, starting a program, sending a form). "
        "Print it to a new PDF and send that.",
    ),
    "pdf-attachments": (
        "PDFの中に別のファイルが添付されています。取り出して別に送り、PDFは添付のない形で保存し直してください。",
        "The PDF has other files attached. Take them out, send them apart, and save the PDF without them.",
    ),
    "packed-file": (
        "文書の中に別のファイルが埋め込まれています。取り除いて保存し直し、必要なら別に送ってください。",
        "Another file is embedded in the document. Remove it, save again, and send it apart if it is needed.",
    ),
    "outside-content": (
        "文書を開くと外部のサイトから内容を読み込むようになっています。リンクを外すか、PDFで保存し直して送ってください。",
        "Opening the document fetches content from an outside site. Break the link or save it as PDF.",
    ),
    "too-large-inside": (
        "展開すると大きすぎる文書です。写真を縮小するか、分けて送ってください。",
        "The document is too large when unpacked. Make its pictures smaller or send it in parts.",
    ),
}


def refusal(rule: str) -> Unreadable:
    """The refusal of that rule, to be raised."""
    return Unreadable(rule, *WORDS[rule])
