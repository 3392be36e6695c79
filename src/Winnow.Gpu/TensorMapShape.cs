using System;

namespace Winnow.Gpu;

/// <summary>
/// An array in device memory of one to five dimensions, and the box of it that one bulk copy moves: what a tensor map describes, see
/// <see cref="GpuDriver.EncodeTensorMap"/>. All lists begin with the innermost dimension.
/// </summary>
public sealed record TensorMapShape
{
    /// <summary>Bytes of an encoded map.</summary>
    public const int EncodedBytes = 128;

    /// <summary>What the address of an encoded map must be a multiple of; kernels take it as a <c>const __grid_constant__</c> parameter.</summary>
    public const int EncodedAlignment = 64;

    private const int MostDimensions = 5;
    private const int MostOfBox = 256;
    private const int Step = 16;

    /// <summary>The address of the first element: a multiple of 16.</summary>
    public required nint Address { get; init; }

    /// <summary>The type of elements.</summary>
    public required TensorMapType Type { get; init; }

    /// <summary>Elements of each dimension. What a box has beyond them is read as zero and not written.</summary>
    public required long[] Dimensions { get; init; }

    /// <summary>Bytes from one element to the next, of each dimension but the innermost, whose elements lie side by side: multiples of 16.</summary>
    public required long[] Strides { get; init; }

    /// <summary>Elements of the box in each dimension: 1 to 256; a row of it has a multiple of 16 bytes.</summary>
    public required int[] Box { get; init; }

    /// <summary>In which order the box lies in shared memory.</summary>
    public TensorMapSwizzle Swizzle { get; init; }

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => Type switch
    {
        TensorMapType.Byte => 1,
        TensorMapType.Float16 or TensorMapType.BFloat16 => 2,
        _ => 4,
    };

    /// <summary>Bytes of a box in shared memory.</summary>
    public int BoxBytes
    {
        get
        {
            int bytes = ElementBytes;
            foreach (int count in Box)
            {
                bytes *= count;
            }

            return bytes;
        }
    }

    /// <summary>Looks whether a device can have such a map.</summary>
    /// <exception cref="ArgumentException">It cannot; the message says why.</exception>
    public void Validate()
    {
        int rank = Dimensions.Length;
        string? problem = rank switch
        {
            < 1 or > MostDimensions => $"it has {rank} dimensions; 1 to {MostDimensions} are possible",
            _ when Strides.Length != rank - 1 || Box.Length != rank => $"{rank} dimensions need {rank - 1} strides and {rank} counts of a box, not {Strides.Length} and {Box.Length}",
            _ when Address % Step != 0 => $"the address 0x{Address:x} is no multiple of {Step}",
            _ when !Array.TrueForAll(Dimensions, count => count is >= 1 and <= 1L << 32) => "a dimension has no elements, or more than 4294967296",
            _ when !Array.TrueForAll(Strides, bytes => bytes % Step == 0 && bytes is > 0 and < 1L << 40) => $"a stride is no multiple of {Step} bytes below 2^40",
            _ when !Array.TrueForAll(Box, count => count is >= 1 and <= MostOfBox) => $"a box has 1 to {MostOfBox} elements in each dimension",
            _ when Box[0] * ElementBytes % Step != 0 => $"a row of the box has {Box[0] * ElementBytes} bytes, which is no multiple of {Step}",
            _ when Swizzle != TensorMapSwizzle.None && Box[0] * ElementBytes != WidthOf(Swizzle)
                => $"a row of the box has {Box[0] * ElementBytes} bytes where the swizzle needs {WidthOf(Swizzle)}",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException($"There is no such tensor map: {problem}.");
        }
    }

    private static int WidthOf(TensorMapSwizzle swizzle) => Step << (int)swizzle;
}
