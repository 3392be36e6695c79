using System;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>
/// First values of arguments. A value depends on the argument's name and its index alone, so that they can be made in pieces, come out the same in every run, and are
/// the same for kernels that name an argument alike.
/// </summary>
internal static class ArgumentValues
{
    /// <summary>Makes some of an argument's values, in bytes of its type.</summary>
    /// <param name="argument">The argument; its values come from no file.</param>
    /// <param name="first">The index of the first.</param>
    /// <param name="destination">Where to: whole elements.</param>
    public static void Fill(PlannedArgument argument, long first, Span<byte> destination)
    {
        int size = argument.Type.Bytes();
        ulong seed = SeedOf(argument.Name);
        for (int offset = 0; offset < destination.Length; offset += size)
        {
            argument.Type.Write(destination[offset..], Value(argument, seed, first + (offset / size)));
        }
    }

    private static double Value(PlannedArgument argument, ulong seed, long index) => argument.Text.Initial.Kind switch
    {
        InitializerKind.Normal => NormalNumber(seed, (ulong)index),
        InitializerKind.Uniform => Spread(argument, UnitNumber(seed, (ulong)index)),
        InitializerKind.Range => argument.Type.IsFloat() ? index : Wrapped(argument.Type, index),
        _ => argument.Bounds[0],
    };

    /// <summary>Of floats from the first bound up to the second; of integers both bounds included.</summary>
    private static double Spread(PlannedArgument argument, double unit)
    {
        (double least, double most) = (argument.Bounds[0], argument.Bounds[1]);
        return argument.Type.IsFloat() ? least + ((most - least) * unit) : least + Math.Floor((most - least + 1) * unit);
    }

    private static double Wrapped(ElementType type, long index)
    {
        double most = type.Range().Most;
        return most >= long.MaxValue ? index : index % ((long)most + 1);
    }

    /// <summary>A normal number of mean 0 and deviation 1.</summary>
    public static double NormalNumber(ulong seed, ulong index)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - UnitNumber(seed, index)));
        return radius * Math.Cos(2 * Math.PI * UnitNumber(~seed, index));
    }

    /// <summary>From 0 up to, and without, 1.</summary>
    public static double UnitNumber(ulong seed, ulong index) => (Mix(seed + (index * 0x9E3779B97F4A7C15)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A seed from a name: FNV-1a, which is the same in every process.</summary>
    public static ulong SeedOf(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return Mix(hash);
    }
}
