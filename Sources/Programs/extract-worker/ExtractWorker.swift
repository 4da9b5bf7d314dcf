import CPOSIX
import Extraction
import Glibc
import Readers
import System

/// The companion of `extract` that reads foreign bytes, in processes that may die. It is not for people.
@main
struct ExtractWorker {
    static func main() {
        if isatty(0) == 1 {
            let words = "extract-worker: 'extract' starts this program by itself: run 'extract' instead\n"
            try? Descriptor.standardError.write(Array(words.utf8))
            exit(ExitStatus.usage.rawValue)
        }
        posix_keep_memory_private()
        do { try Worker.serve(Readers.all) } catch { exit(ExitStatus.ioError.rawValue) }
    }
}
