import Laws
import Mail

/// Mails: as a whole, as the text of one field (encoded words, comments), and as parameters of one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let mail = bytes(start, count)
    read("mail", mail)
    for (index, part) in attachments(of: mail).enumerated() {
        law(part.index == index + 1, "attachments are counted")
        law(part.bytes.count <= mail.count, "no transfer encoding makes more bytes than it takes")
        law(part.name?.isEmpty != true, "a name has characters")
        law(!part.mediaTypeWithCharset.isEmpty, "a part has a type")
    }
    let subject = Entity(Array("Subject: ".utf8) + mail + Array("\r\n\r\n".utf8)).header.text("subject")
    law(subject?.isEmpty != true, "a subject has characters")
    let attached = Array("Content-Type: text/plain; ".utf8) + mail + Array("\r\n\r\ntext".utf8)
    let entity = Entity(attached)
    _ = (entity.fileName, entity.charset, entity.bytes, entity.dispositionName)
    _ = unflowed(mail, deletesBlank: count % 2 == 0)
    law(withoutUuencoded(mail).count <= mail.count, "what is taken away does not add")
    return 0
}
