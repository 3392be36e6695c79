using System.Runtime.CompilerServices;

namespace Winnow.Formats.Templates;

/// <summary>Steps over tokens and says what is wrong with them.</summary>
internal sealed partial class TemplateParser
{
    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Error(Current, $"more than {MaxDepth} constructs are nested");
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    private TemplateToken Next()
    {
        TemplateToken token = _tokens[_index];
        if (token.Kind != TokenKind.End)
        {
            _index++;
        }

        return token;
    }

    private void Expect(TokenKind kind, string what)
    {
        TemplateToken token = Next();
        if (token.Kind != kind)
        {
            throw Error(token, $"{token.Describe()} where {what} should be");
        }
    }

    private void ExpectOperator(string spelling)
    {
        if (!SkipOperator(spelling))
        {
            throw Error(Current, $"{Current.Describe()} where '{spelling}' should be");
        }
    }

    private TemplateToken ExpectName()
    {
        TemplateToken token = Next();
        return token.Kind == TokenKind.Name ? token : throw Error(token, $"{token.Describe()} where a name should be");
    }

    private bool SkipOperator(string spelling)
    {
        if (!Current.IsOperator(spelling))
        {
            return false;
        }

        _index++;
        return true;
    }

    private bool SkipName(string name)
    {
        if (!Current.IsName(name))
        {
            return false;
        }

        _index++;
        return true;
    }

    private ModelFormatException Error(TemplateToken token, string message) => _source.Error(token.Line, token.Offset, message);
}
