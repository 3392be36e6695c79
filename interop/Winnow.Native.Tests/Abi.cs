using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;

namespace Winnow.Native;

/// <summary>
/// Calls the library as C does, through function pointers with the types of winnow.h: those of this process, or, where WINNOW_LIBRARY names
/// a published library, its exports.
/// </summary>
internal static class Abi
{
    private static readonly ConcurrentDictionary<string, (nint Pointer, Func<nint, object[], int> Invoke)> Functions = new();
    private static readonly string? LibraryPath = Environment.GetEnvironmentVariable("WINNOW_LIBRARY");
    private static readonly nint Library = LibraryPath is null ? 0 : NativeLibrary.Load(LibraryPath);

    /// <summary>What calls may still read.</summary>
    private static readonly ConcurrentBag<Array> Kept = [];

    /// <summary>Whether the published library is tested, which compiles the same code in another way.</summary>
    public static bool IsPublished => LibraryPath is not null;

    /// <summary>All functions that C# exports.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Exports { get; } = typeof(Status).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
        .Where(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()?.EntryPoint is not null)
        .ToDictionary(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()!.EntryPoint!);

    public static string LastError => Text("winnow_last_error");

    /// <summary>Calls a function. A string stands for a text and its length, an array for its values and their number, a cell for its address.</summary>
    public static Status Call(string name, params object?[] arguments)
    {
        List<object> flat = [];
        foreach (object? argument in arguments)
        {
            Add(flat, argument);
        }

        return CallRaw(name, [.. flat]);
    }

    /// <summary>Calls a function with just what it declares.</summary>
    public static Status CallRaw(string name, object[] arguments)
    {
        (nint pointer, Func<nint, object[], int> invoke) = Functions.GetOrAdd(name, Bind);
        return (Status)invoke(pointer, arguments);
    }

    /// <summary>Calls a function that must succeed.</summary>
    public static void Do(string name, params object?[] arguments)
    {
        Status status = Call(name, arguments);
        Assert.That(status, Is.EqualTo(Status.Ok), () => $"{name}: {LastError}");
    }

    /// <summary>Calls a function that must succeed and whose last parameter is where a handle goes.</summary>
    public static ulong Handle(string name, params object?[] arguments)
    {
        Cell<ulong> handle = new();
        Do(name, [.. arguments, handle]);
        Assert.That(handle.Value, Is.Not.Zero);
        return handle.Value;
    }

    /// <summary>Calls a function whose last parameters are buffer, size and length: first for the length, then for the text.</summary>
    public static string Text(string name, params object?[] arguments)
    {
        const int Tries = 8;
        Cell<nuint> length = new();
        for (int attempt = 1; ; attempt++)
        {
            Do(name, [.. arguments, (nint)0, (nuint)0, length]);
            byte[] buffer = GC.AllocateArray<byte>((int)length.Value + 1, pinned: true);
            Status status = Call(name, [.. arguments, Address(buffer), (nuint)buffer.Length, length]);

            // What an engine at work says of itself may have grown since its length was asked for.
            if (status == Status.BufferTooSmall && attempt < Tries)
            {
                continue;
            }

            Assert.That(status, Is.EqualTo(Status.Ok), () => $"{name}: {LastError}");
            return Encoding.UTF8.GetString(buffer, 0, (int)length.Value);
        }
    }

    /// <summary>The same for arrays.</summary>
    public static T[] Values<T>(string name, params object?[] arguments)
        where T : unmanaged
    {
        Cell<nuint> count = new();
        Do(name, [.. arguments, (nint)0, (nuint)0, count]);
        T[] values = GC.AllocateArray<T>((int)count.Value + 1, pinned: true);
        Do(name, [.. arguments, Address(values), count.Value, count]);
        return values[..^1];
    }

    /// <summary>Gives up what calls might still read; none may be in progress.</summary>
    public static void Forget() => Kept.Clear();

    /// <summary>Takes all pieces of a generation and frees it.</summary>
    public static string ReadAll(ulong generation)
    {
        StringBuilder text = new();
        while (Next(generation, out Piece piece, out string part) == Status.Ok)
        {
            text.Append(part);
        }

        Do("winnow_generation_free", generation);
        return text.ToString();
    }

    /// <summary>Takes one piece.</summary>
    public static unsafe Status Next(ulong generation, out Piece piece, out string text)
    {
        byte* buffer = stackalloc byte[4096];
        var taken = new Piece { StructSize = (nuint)sizeof(Piece) };
        Status status = CallRaw("winnow_generation_next", [generation, (nint)(&taken), (nint)buffer, (nuint)4096]);
        piece = taken;
        text = status == Status.Ok ? Encoding.UTF8.GetString(buffer, (int)taken.TextLength) : "";
        return status;
    }

    public static unsafe nint Address<T>(T[] pinned)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    private static void Add(List<object> flat, object? argument)
    {
        switch (argument)
        {
            case null:
                flat.AddRange([(nint)0, (nuint)0]);
                break;
            case string text:
                byte[] bytes = Pinned(Encoding.UTF8.GetBytes(text));
                flat.AddRange([Address(bytes), (nuint)bytes.Length - 1]);
                break;
            case int[] values:
                int[] copy = Pinned(values);
                flat.AddRange([Address(copy), (nuint)values.Length]);
                break;
            default:
                flat.Add(argument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Cell<>)
                    ? type.GetProperty("Address")!.GetValue(argument)!
                    : argument);
                break;
        }
    }

    /// <summary>A copy that does not move, with a zero after it; kept alive by the test process.</summary>
    private static T[] Pinned<T>(T[] values)
        where T : unmanaged
    {
        T[] pinned = GC.AllocateUninitializedArray<T>(values.Length + 1, pinned: true);
        values.CopyTo(pinned, 0);
        pinned[^1] = default;
        Kept.Add(pinned);
        return pinned;
    }

    private static (nint Pointer, Func<nint, object[], int> Invoke) Bind(string name)
    {
        nint pointer = Library != 0 ? NativeLibrary.GetExport(Library, name) : Exports[name].MethodHandle.GetFunctionPointer();
        Type[] types = [.. Header.Find(name).Parameters.Select(TypeOf)];
        DynamicMethod method = new(name, typeof(int), [typeof(nint), typeof(object[])], typeof(Abi).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        for (int index = 0; index < types.Length; index++)
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldc_I4, index);
            il.Emit(OpCodes.Ldelem_Ref);
            il.Emit(OpCodes.Unbox_Any, types[index]);
        }

        il.Emit(OpCodes.Ldarg_0);
        il.EmitCalli(OpCodes.Calli, CallingConvention.Cdecl, typeof(int), types);
        il.Emit(OpCodes.Ret);
        return (pointer, method.CreateDelegate<Func<nint, object[], int>>());
    }

    private static Type TypeOf(HeaderParameter parameter) => parameter.Type switch
    {
        "size_t" => typeof(nuint),
        "int32_t" => typeof(int),
        "uint64_t" or "winnow_engine" or "winnow_tokenizer" or "winnow_session" or "winnow_generation" or "winnow_cancel"
            or "winnow_gpu" or "winnow_kernel" or "winnow_object" => typeof(ulong),
        _ => typeof(nint),
    };
}
