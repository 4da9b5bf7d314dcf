import System

extension Bucket {
    /// The bucket as the bytes of its file.
    var bytes: [UInt8] {
        var copy = self
        var record = Record()
        copy.transfer(&record)
        return record.sealed()
    }

    /// - Returns: nil for bytes that are not of a bucket, or are damaged.
    init?(reading bytes: [UInt8]) {
        guard var record = Record(reading: bytes) else { return nil }
        self.init(BucketName(source: "", account: "", host: "", bucket: ""))
        transfer(&record)
        if record.isDamaged { return nil }
    }

    private mutating func transfer(_ record: inout Record) {
        record.text(&name.source, 64)
        record.text(&name.account, 256)
        record.text(&name.host, 256)
        record.text(&name.bucket, 256)
        record.time(&seen)
        record.time(&pausedUntil)
        record.time(&refusedAt)
        record.count(&refusalsInRow)
        record.count(&refusals)
        record.count(&admitted)
        record.time(&next)
        second.transfer(&record)
        minute.transfer(&record)
        minuteUnits.transfer(&record)
        hourUnits.transfer(&record)
        for i in answered.indices {
            record.number(&answered[i].second)
            record.count(&answered[i].calls)
        }
        for i in windows.indices { windows[i].transfer(&record) }
        ceiling.transfer(&record)
        record.count(&best)
        record.time(&bestAt)
        for i in users.indices {
            record.number(&users[i].process)
            record.time(&users[i].at)
        }
    }
}
