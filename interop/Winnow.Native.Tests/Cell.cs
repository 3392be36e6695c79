using System;
using System.Runtime.CompilerServices;

namespace Winnow.Native;

/// <summary>A place for a result that does not move.</summary>
internal sealed unsafe class Cell<T>(T value = default)
    where T : unmanaged
{
    private readonly T[] _value = Filled(value);

    public ref T Value => ref _value[0];

    public nint Address => (nint)Unsafe.AsPointer(ref _value[0]);

    private static T[] Filled(T value)
    {
        T[] pinned = GC.AllocateArray<T>(1, pinned: true);
        pinned[0] = value;
        return pinned;
    }
}
