using System;
using System.Numerics;
using System.Text;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>Single values of single lanes, for what is rare.</content>
internal sealed unsafe partial class Warp
{
    private const int LongestText = 4096;

    /// <summary>Reads a value in the local memory of the present call.</summary>
    /// <param name="lane">Whose.</param>
    /// <param name="offset">Where in the part of the call.</param>
    /// <param name="bytes">At most 8.</param>
    public ulong ReadFrame(int lane, int offset, int bytes) => ReadPointer(_local + (lane * _localBytes) + Frame.LocalBase + offset, bytes);

    /// <summary>Writes a value in the local memory of the present call.</summary>
    /// <param name="lane">Whose.</param>
    /// <param name="offset">Where in the part of the call.</param>
    /// <param name="value">What.</param>
    public void WriteFrame(int lane, int offset, ReadOnlySpan<byte> value)
    {
        int at = (lane * _localBytes) + Frame.LocalBase + offset;
        value.CopyTo(new Span<byte>(_local + at, value.Length));
        if (_localWritten != null)
        {
            new Span<byte>(_localWritten + at, value.Length).Fill(1);
        }
    }

    /// <summary>Reads a value at a generic address.</summary>
    /// <param name="lane">Who reads.</param>
    /// <param name="address">The address.</param>
    /// <param name="bytes">1, 2, 4 or 8.</param>
    public ulong ReadGeneric(int lane, ulong address, int bytes)
    {
        Addresses[lane] = address;
        ResolveGeneric(1u << lane, bytes, Access.Read);
        return ReadPointer((byte*)Addresses[lane], bytes);
    }

    /// <summary>Reads a text that ends with a zero.</summary>
    /// <param name="lane">Who reads.</param>
    /// <param name="address">Where it begins, a generic address.</param>
    public string ReadText(int lane, ulong address)
    {
        Span<byte> bytes = stackalloc byte[LongestText];
        int length = 0;
        while (length < LongestText && ReadGeneric(lane, address + (ulong)length, 1) is ulong next and not 0)
        {
            bytes[length++] = (byte)next;
        }

        return Encoding.UTF8.GetString(bytes[..length]);
    }

    /// <summary>Checks that <see cref="Addresses"/> are multiples of the size of an access.</summary>
    public void CheckAlignment(uint lanes, int bytes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (Addresses[lane] % (ulong)bytes != 0)
            {
                throw Misaligned(1u << lane, bytes);
            }
        }
    }

    /// <summary>Checks that the first bytes at a global address may be read.</summary>
    /// <param name="lane">Who reads.</param>
    /// <param name="address">The address.</param>
    /// <param name="bytes">How many bytes are read.</param>
    public void CheckPart(int lane, ulong address, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            Addresses[lane] = address + (ulong)i;
            ResolveGlobal(1u << lane, 1, Access.Read);
        }
    }

    private static ulong ReadPointer(byte* at, int bytes) => bytes switch
    {
        1 => *at,
        2 => *(ushort*)at,
        4 => *(uint*)at,
        _ => *(ulong*)at,
    };
}
