using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>
/// Parses PTX as NVRTC emits it, by recursive descent. Names are resolved here: the same name in two scopes of a function (inline assembly
/// has scopes of its own) gives two registers, variables or labels.
/// </summary>
internal sealed partial class PtxParser
{
    private const int DeepestNesting = 100;

    private readonly PtxSource _source;
    private readonly PtxLexer _lexer;
    private readonly Dictionary<int, string> _files;
    private readonly Dictionary<string, PtxVariable> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PtxFunction> _functions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _functionNames = new(StringComparer.Ordinal);

    private PtxToken _token;
    private int _depth;
    private string _version = "";
    private string _target = "";
    private int _addressSize = 64;

    /// <summary>Creates a parser.</summary>
    /// <param name="source">What it parses.</param>
    public PtxParser(PtxSource source)
    {
        _source = source;
        _lexer = new PtxLexer(source);
        _files = PtxFiles.Find(source.Text);
        _token = _lexer.Next();
    }

    /// <summary>Parses the whole text.</summary>
    public PtxModule ParseModule()
    {
        while (_token.Kind != PtxTokenKind.End)
        {
            ParseTopLevel();
        }

        if (_version.Length == 0)
        {
            throw _source.Error(0, 1, "there is no .version, so this is no PTX; the simulator takes what NVRTC emits for compute_80");
        }

        return new PtxModule
        {
            Name = _source.Name,
            Version = _version,
            Target = _target,
            AddressSize = _addressSize,
            Variables = _variables,
            Functions = _functions,
        };
    }

    private void ParseTopLevel()
    {
        bool isExtern = false;
        while (_token.Kind == PtxTokenKind.Directive && _token.Text is "visible" or "extern" or "weak" or "common")
        {
            isExtern |= Take().Text == "extern";
        }

        PtxToken token = Take();
        switch (token.Kind == PtxTokenKind.Directive ? token.Text : "")
        {
            case "version":
                _version = TakeKind(PtxTokenKind.Number, "a version").Text;
                break;
            case "target":
                ParseTarget();
                break;
            case "address_size":
                ParseAddressSize();
                break;
            case "entry" or "func":
                ParseFunction(isEntry: token.Text == "entry");
                break;
            case "global" or "const" or "shared":
                ParseVariables(SpaceOf(token.Text), isExtern, body: null);
                break;
            case "file" or "section" or "pragma" or "loc":
                SkipAnnotation(token);
                break;
            default:
                throw Unexpected(token, "a variable, a function or a directive of a module");
        }
    }

    private void ParseTarget()
    {
        _target = TakeKind(PtxTokenKind.Identifier, "an architecture").Text;
        while (TakeIf(','))
        {
            TakeKind(PtxTokenKind.Identifier, "an option of the target");
        }
    }

    private void ParseAddressSize()
    {
        PtxToken token = _token;
        _addressSize = TakeInteger("the size of an address");
        if (_addressSize != 64)
        {
            throw ErrorAt(token, "addresses of 64 bits are supported and no others");
        }
    }

    private static PtxSpace SpaceOf(string directive) => directive switch
    {
        "global" => PtxSpace.Global,
        "const" => PtxSpace.Const,
        "shared" => PtxSpace.Shared,
        "local" => PtxSpace.Local,
        _ => PtxSpace.Param,
    };

    /// <summary>Steps over what tells a debugger something: <c>.file</c> (read beforehand), <c>.section</c>, <c>.pragma</c>, stray <c>.loc</c>.</summary>
    private void SkipAnnotation(PtxToken directive)
    {
        switch (directive.Text)
        {
            case "file":
                TakeInteger("the number of a file");
                TakeKind(PtxTokenKind.String, "the name of a file");
                while (TakeIf(','))
                {
                    TakeInteger("the time or the size of a file");
                }

                break;
            case "section":
                SkipSection();
                break;
            case "pragma":
                do
                {
                    TakeKind(PtxTokenKind.String, "a pragma");
                }
                while (TakeIf(','));

                Expect(';');
                break;
            default:
                ParseLocation(body: null);
                break;
        }
    }

    private void SkipSection()
    {
        PtxToken start = _token;
        while (!TakeIf('}'))
        {
            if (Take().Kind == PtxTokenKind.End)
            {
                throw ErrorAt(start, "a section is not closed");
            }
        }
    }

    private PtxToken Take()
    {
        PtxToken token = _token;
        if (token.Kind != PtxTokenKind.End)
        {
            _token = _lexer.Next();
        }

        return token;
    }

    private PtxToken TakeKind(PtxTokenKind kind, string what)
    {
        PtxToken token = Take();
        return token.Kind == kind ? token : throw Unexpected(token, what);
    }

    private bool TakeIf(char character)
    {
        bool matches = _token.Is(character);
        if (matches)
        {
            Take();
        }

        return matches;
    }

    private void Expect(char character)
    {
        PtxToken token = Take();
        if (!token.Is(character))
        {
            throw Unexpected(token, $"'{character}'");
        }
    }

    private int TakeInteger(string what)
    {
        PtxToken token = TakeKind(PtxTokenKind.Number, what);
        return PtxNumber.TryParse(token.Text, out PtxNumber number) && !number.IsFloat && number.Bits is >= 0 and <= int.MaxValue
            ? (int)number.Bits
            : throw ErrorAt(token, $"{token} is not {what}");
    }

    /// <summary>Counts a level of nesting in what is parsed by recursion, which the stack bounds.</summary>
    private void Enter(PtxToken token)
    {
        if (++_depth > DeepestNesting)
        {
            throw ErrorAt(token, $"nested more than {DeepestNesting} deep");
        }
    }

    private PtxParseException ErrorAt(PtxToken token, string problem) => _source.Error(token.Start, token.Line, problem);

    private PtxParseException Unexpected(PtxToken token, string expected) => ErrorAt(token, $"expected {expected} and found {token}");
}
