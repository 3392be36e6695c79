using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Gpu;

/// <summary>
/// Reads what a cubin says of its kernels. A cubin is a 64-bit little-endian ELF file: the code of kernel k is section <c>.text.k</c>, its
/// shared memory <c>.nv.shared.k</c>, <c>.nv.info</c> lists registers and stack by symbol, and <c>.nv.info.k</c> its parameters.
/// </summary>
public static class CubinReader
{
    private const int HeaderBytes = 64;
    private const int SectionBytes = 64;
    private const int SymbolBytes = 24;
    private const byte SizedValue = 4;
    private const byte FrameSize = 0x11;
    private const byte MinStackSize = 0x12;
    private const byte RegisterCount = 0x2F;
    private const byte Parameter = 0x17;
    private const string CodePrefix = ".text.";
    private const string InfoPrefix = ".nv.info.";

    // From Hopper on, shared memory of a block begins with what the system keeps for itself, and sections count it where a kernel declares any.
    private const int FirstWithSystemMemory = 90;
    private const int SystemSharedBytes = 1024;

    private delegate T Reader<T>(ReadOnlySpan<byte> cubin);

    /// <summary>The kernels of an image, in the image's order.</summary>
    /// <param name="cubin">The image.</param>
    /// <exception cref="WinnowException">It is no cubin, or it is damaged.</exception>
    public static IReadOnlyList<KernelResources> Read(ReadOnlySpan<byte> cubin) => Checked(cubin, Kernels);

    /// <summary>Where the parameters of each kernel lie in its bank of constants, from the first one's place on; kernels without any are left out.</summary>
    /// <param name="cubin">The image.</param>
    /// <exception cref="WinnowException">It is no cubin, or it is damaged.</exception>
    internal static IReadOnlyDictionary<string, (int Offset, int Bytes)[]> ReadParameters(ReadOnlySpan<byte> cubin) => Checked(cubin, AllParameters);

    private static T Checked<T>(ReadOnlySpan<byte> cubin, Reader<T> read)
    {
        if (cubin.Length < HeaderBytes || !cubin[..4].SequenceEqual("\u007fELF"u8) || cubin[4] != 2)
        {
            throw new WinnowException("This is no cubin: it does not start with the header of a 64-bit ELF file. Compile for sm_80 or newer, not for compute_80.");
        }

        try
        {
            return read(cubin);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new WinnowException("The cubin is damaged: a section reaches past its end. Compile it again.", exception);
        }
    }

    private static Dictionary<string, (int Offset, int Bytes)[]> AllParameters(ReadOnlySpan<byte> cubin)
    {
        var kernels = new Dictionary<string, (int Offset, int Bytes)[]>(StringComparer.Ordinal);
        foreach (Section section in Sections(cubin))
        {
            var parameters = new SortedList<int, (int Offset, int Bytes)>();
            ReadOnlySpan<byte> left = section.Name.StartsWith(InfoPrefix, StringComparison.Ordinal)
                ? cubin.Slice(checked((int)section.Offset), checked((int)section.Size))
                : [];
            while (TryTake(ref left, out byte attribute, out ReadOnlySpan<byte> value))
            {
                // Their number, two bytes of its place in the order, two of the offset, and the size in the upper 14 bits of the last four.
                if (attribute == Parameter && value.Length == 12)
                {
                    int bytes = (int)(BinaryPrimitives.ReadUInt32LittleEndian(value[8..]) >> 18);
                    parameters[BinaryPrimitives.ReadUInt16LittleEndian(value[4..])] = (BinaryPrimitives.ReadUInt16LittleEndian(value[6..]), bytes);
                }
            }

            if (parameters.Count > 0)
            {
                kernels[section.Name[InfoPrefix.Length..]] = [.. parameters.Values];
            }
        }

        return kernels;
    }

    private static List<KernelResources> Kernels(ReadOnlySpan<byte> cubin)
    {
        Section[] sections = Sections(cubin);
        var registers = new Dictionary<string, int>(StringComparer.Ordinal);
        var stacks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (Section section in sections)
        {
            if (section.Name == ".nv.info")
            {
                ReadInfo(cubin, section, sections, registers, stacks);
            }
        }

        var kernels = new List<KernelResources>();
        int system = CapabilityOf(cubin) >= FirstWithSystemMemory ? SystemSharedBytes : 0;
        foreach (Section section in sections)
        {
            if (section.Name.StartsWith(CodePrefix, StringComparison.Ordinal))
            {
                string kernel = section.Name[CodePrefix.Length..];
                kernels.Add(new KernelResources(
                    kernel,
                    registers.GetValueOrDefault(kernel, (int)(section.Info >> 24)),
                    (int)Math.Max(0, SizeOf(sections, ".nv.shared." + kernel) - system),
                    stacks.GetValueOrDefault(kernel),
                    checked((int)section.Size)));
            }
        }

        return kernels;
    }

    /// <summary>Compute capability times ten: the lowest byte of the flags, or in images of newer assemblers the one above it.</summary>
    private static int CapabilityOf(ReadOnlySpan<byte> cubin) => cubin[48] >= 50 ? cubin[48] : cubin[49];

    private static Section[] Sections(ReadOnlySpan<byte> cubin)
    {
        int table = checked((int)BinaryPrimitives.ReadInt64LittleEndian(cubin[40..]));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(cubin[60..]);
        int names = BinaryPrimitives.ReadUInt16LittleEndian(cubin[62..]);
        long namesOffset = BinaryPrimitives.ReadInt64LittleEndian(cubin[(table + (names * SectionBytes) + 24)..]);
        var sections = new Section[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = cubin.Slice(table + (i * SectionBytes), SectionBytes);
            sections[i] = new Section(
                Text(cubin, namesOffset + BinaryPrimitives.ReadUInt32LittleEndian(header)),
                BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[44..]));
        }

        return sections;
    }

    private static void ReadInfo(
        ReadOnlySpan<byte> cubin, Section info, Section[] sections, Dictionary<string, int> registers, Dictionary<string, int> stacks)
    {
        ReadOnlySpan<byte> left = cubin.Slice(checked((int)info.Offset), checked((int)info.Size));
        while (TryTake(ref left, out byte attribute, out ReadOnlySpan<byte> value))
        {
            if (value.Length == 8 && attribute is RegisterCount or FrameSize or MinStackSize)
            {
                string kernel = SymbolName(cubin, sections, BinaryPrimitives.ReadInt32LittleEndian(value));
                int number = BinaryPrimitives.ReadInt32LittleEndian(value[4..]);
                Dictionary<string, int> numbers = attribute == RegisterCount ? registers : stacks;
                numbers[kernel] = Math.Max(number, numbers.GetValueOrDefault(kernel));
            }
        }
    }

    // The next attribute of a list, and its value where that has a size of its own.
    private static bool TryTake(ref ReadOnlySpan<byte> left, out byte attribute, out ReadOnlySpan<byte> value)
    {
        attribute = 0;
        value = [];
        if (left.Length < 4)
        {
            return false;
        }

        attribute = left[1];
        value = left[0] == SizedValue ? left.Slice(4, BinaryPrimitives.ReadUInt16LittleEndian(left[2..])) : [];
        left = left[(4 + value.Length)..];
        return true;
    }

    private static string SymbolName(ReadOnlySpan<byte> cubin, Section[] sections, int index)
    {
        const uint SymbolTable = 2;
        Section symbols = Array.Find(sections, section => section.Type == SymbolTable);
        long entry = symbols.Offset + ((long)index * SymbolBytes);
        uint name = BinaryPrimitives.ReadUInt32LittleEndian(cubin[checked((int)entry)..]);
        return Text(cubin, sections[symbols.Link].Offset + name);
    }

    private static long SizeOf(Section[] sections, string name) => Array.Find(sections, section => section.Name == name).Size;

    private static string Text(ReadOnlySpan<byte> cubin, long offset)
    {
        ReadOnlySpan<byte> text = cubin[checked((int)offset)..];
        return Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
    }

    private readonly record struct Section(string Name, uint Type, long Offset, long Size, uint Link, uint Info);
}
