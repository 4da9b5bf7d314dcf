// The charsets that RTF names by numbers (section "Font Table").

extension RTFReader {
    static func charset(ofCodePage page: Int) -> String {
        switch page {
        case 65001: "utf-8"
        case 932: "shift_jis"
        case 936: "gbk"
        case 949: "euc-kr"
        case 950: "big5"
        case 10000: "macintosh"
        case 874, 1250...1258: "windows-\(page)"
        default: "cp\(page)"
        }
    }

    /// By the number of `\fcharset`; nil for one that says nothing.
    static func charset(ofFont number: Int) -> String? {
        switch number {
        case 0: "windows-1252"
        case 2: "symbol"
        case 77: "macintosh"
        case 128: "shift_jis"
        case 129: "euc-kr"
        case 130: "johab"
        case 134: "gbk"
        case 136: "big5"
        case 161: "windows-1253"
        case 162: "windows-1254"
        case 163: "windows-1258"
        case 177: "windows-1255"
        case 178: "windows-1256"
        case 186: "windows-1257"
        case 204: "windows-1251"
        case 222: "windows-874"
        case 238: "windows-1250"
        case 255: "cp437"
        default: nil
        }
    }
}
