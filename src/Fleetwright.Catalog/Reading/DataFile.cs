using System.Buffers.Binary;
using System.IO.Compression;

namespace Fleetwright.Catalog.Reading;

/// <summary>Opens a file of data, unpacked when its name ends in <c>.gz</c>. A gzip file that was cut is told apart from a whole one, which .NET's reader does not do.</summary>
public static class DataFile
{
    /// <summary>Opens a file for reading from its start.</summary>
    /// <exception cref="InputException">There is no such file.</exception>
    /// <remarks>Reading throws <see cref="InvalidDataException"/> when a gzip file is cut or damaged.</remarks>
    public static Stream Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException(path, Directory.Exists(path) ? "is a folder; allowed: a file" : "there is no such file");
        }

        FileStream file = File.OpenRead(path);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new WholeGzipStream(file) : file;
    }

    // A gzip file ends in the length of what it holds (RFC 1952, ISIZE: modulo 2^32), which a cut file does not agree with.
    private sealed class WholeGzipStream(FileStream file) : Stream
    {
        private readonly uint _length = Trailer(file);
        private readonly GZipStream _content = new(file, CompressionMode.Decompress);
        private uint _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int count = _content.Read(buffer);
            _read += (uint)count;
            return count > 0 || buffer.Length == 0 || _read == _length ? count
                : throw new InvalidDataException("what it holds is not as long as its end says (a file joined from several must be unpacked first)");
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _content.Dispose();
            }

            base.Dispose(disposing);
        }

        private static uint Trailer(FileStream file)
        {
            const int Shortest = 18; // header and trailer
            if (file.Length < Shortest)
            {
                return 0;
            }

            Span<byte> end = stackalloc byte[4];
            file.Seek(-4, SeekOrigin.End);
            file.ReadExactly(end);
            file.Seek(0, SeekOrigin.Begin);
            return BinaryPrimitives.ReadUInt32LittleEndian(end);
        }
    }
}
