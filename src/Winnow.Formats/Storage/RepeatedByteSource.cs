using System;

namespace Winnow.Formats.Storage;

/// <summary>A few bytes over and over, so that something as large as a model takes no memory and no file.</summary>
/// <param name="path">What messages call it.</param>
/// <param name="length">The number of bytes.</param>
/// <param name="period">What is repeated.</param>
internal sealed class RepeatedByteSource(string path, long length, byte[] period) : ByteSource(path, length)
{
    /// <inheritdoc/>
    public override int PeriodBytes => period.Length;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override void Copy(long offset, Span<byte> destination)
    {
        int from = (int)(offset % period.Length);
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, period.Length - from);
            period.AsSpan(from, count).CopyTo(destination);
            destination = destination[count..];
            from = 0;
        }
    }
}
