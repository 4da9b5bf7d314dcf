/// Where a link leads, as Markdown writes it: an address of the web or of mail, of 2048 bytes at the most. Nil for what leads
/// nowhere outside its page, and for what runs programs.
package func linkTarget(_ address: String) -> String? {
    guard address.utf8.count <= 2048 else { return nil }
    var target: [UInt8] = []
    target.reserveCapacity(address.utf8.count)
    for byte in address.utf8 {
        switch byte {
        case 0x20: if !target.isEmpty { target.append(contentsOf: "%20".utf8) }
        case UInt8(ascii: "("): target.append(contentsOf: "%28".utf8)
        case UInt8(ascii: ")"): target.append(contentsOf: "%29".utf8)
        case 0..<0x20: break
        default: target.append(byte)
        }
    }
    let start = String(decoding: target.prefix(8), as: UTF8.self).lowercased()
    guard start.hasPrefix("http://") || start.hasPrefix("https://") || start.hasPrefix("mailto:") else { return nil }
    return String(decoding: target, as: UTF8.self)
}
